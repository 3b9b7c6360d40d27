"""`cpbench predict`: say what a prediction means, and enter it into the ledger."""

from pathlib import Path
from typing import Annotated

import typer


def predict(
    files: Annotated[
        list[Path], typer.Argument(help="Prediction files, specs/predictions/*.yaml.")
    ],
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check and explain; register nothing.")
    ] = False,
) -> None:
    """Check predictions, say in plain English what they mean, and register them in the ledger."""
    from cpbench.claims import load_prediction, offers_of
    from cpbench.cli.registering import print_prediction, register, state_of
    from cpbench.project import find

    project = find()
    offers = offers_of(project)
    predictions = [load_prediction(path, offers) for path in files]
    for prediction in predictions:
        print_prediction(prediction)
        lines = state_of(project, prediction) if dry_run else register(project, prediction)
        typer.echo("\n".join(f"  {line}" for line in lines))
