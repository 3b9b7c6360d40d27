"""`cpbench predict`: say what a prediction means, and enter it into the ledger."""

from pathlib import Path
from typing import Annotated

import typer


def predict(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="Prediction files (claims:) or forecast files (prediction:); with --theory, "
            "predictions that are registered."
        ),
    ],
    *,
    by: Annotated[
        str | None, typer.Option(help="A party: it accepts all its bets there in one go.")
    ] = None,
    sealed: Annotated[
        bool, typer.Option("--sealed", help="Register forecasts that nobody can read yet.")
    ] = False,
    theory: Annotated[
        list[str] | None, typer.Option(help="Ask a theory for its forecasts; `all` asks every one.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check and explain; register nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check predictions, say in plain English what they mean, and register them in the ledger."""
    from cpbench.cli.entering import say_all
    from cpbench.cli.predicting import Wishes, ask_theories, predict_files
    from cpbench.project import find

    wishes = Wishes(by, sealed, dry_run)
    if theory:
        done = ask_theories(find(), [path.stem for path in files], theory, wishes)
    else:
        done = predict_files(find(), files, wishes)
    say_all(done, as_json=as_json)
