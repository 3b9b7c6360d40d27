"""`cpbench resolve`: how claims come out, why, and the record of it in the ledger."""

from typing import Annotated

import typer


def resolve(
    prediction: Annotated[
        str, typer.Argument(help="A prediction's id, or a FILE.yaml that need not be registered.")
    ] = "",
    claim: Annotated[str, typer.Argument(help="One claim of it.")] = "",
    *,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show every number that the rule saw.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    record: Annotated[
        bool, typer.Option("--record", help="Enter outcomes into the ledger, as they stand now.")
    ] = False,
) -> None:
    """Say how registered claims come out on the results there are; scores nobody."""
    from cpbench.cli.outcome_pages import print_finding
    from cpbench.cli.resolutions import findings, recorded
    from cpbench.project import find
    from cpbench.records.files import to_json

    project = find()
    found = findings(project, prediction, claim, explain=explain)
    notes = recorded(project, found) if record else []
    if as_json:
        listed = [
            each.model_dump(mode="json", exclude=None if explain else {"why"}) for each in found
        ]
        typer.echo(to_json({"claims": listed, "recorded": notes}), nl=False)
        return
    for each in found:
        print_finding(each)
    for note in notes:
        typer.echo(note)
    if not found:
        typer.echo("no prediction is registered yet: cpbench predict specs/predictions/*.yaml")
