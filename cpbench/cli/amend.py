"""`cpbench amend`: register a changed prediction file, with the reason."""

from pathlib import Path
from typing import Annotated

import typer


def amend(
    file: Annotated[Path, typer.Argument(help="A prediction file that is registered already.")],
    *,
    reason: Annotated[str, typer.Option(help="Why; it stays in the ledger.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Register a changed prediction: in time it replaces, later it is shown as a deviation."""
    from cpbench.cli.entering import given_reason, say
    from cpbench.cli.registering import amend_registered, checked, load_all
    from cpbench.project import find

    project = find()
    (prediction,) = load_all(project, [file])
    payload = checked(project, file, prediction, given_reason(reason))
    say(amend_registered(project, payload), as_json=as_json)
