"""`cpbench ledger`: every entry of the register, verified."""

from typing import Annotated

import typer


def ledger(
    *,
    repair: Annotated[
        bool, typer.Option("--repair", help="Cut off a torn last line; keep what is cut.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the entries as JSON.")] = False,
) -> None:
    """List the ledger: who registered what, when. Refuses one whose chain is broken."""
    from cpbench.cli.ledger_table import mended, print_ledger
    from cpbench.ledger import read_ledger
    from cpbench.project import find
    from cpbench.records.files import to_json

    project = find()
    if repair:
        typer.echo(mended(project), err=True)
    entries = read_ledger(project.ledger)
    if as_json:
        typer.echo(to_json([entry.json_value() for entry in entries]), nl=False)
    else:
        print_ledger(entries)
