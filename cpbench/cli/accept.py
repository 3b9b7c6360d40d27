"""`cpbench accept`: stand by one's bets on a claim."""

from typing import Annotated

import typer


def accept(
    prediction: Annotated[str, typer.Argument(help="A registered prediction's id.")],
    claim: Annotated[str, typer.Argument(help="The id of one of its claims.")],
    *,
    by: Annotated[str, typer.Option(help="The party that accepts.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Stand by every bet one has on a claim; a bet is made when all its parties do."""
    from cpbench.cli.accepting import accept_bets
    from cpbench.cli.entering import say, told_claim
    from cpbench.project import find

    project = find()
    say(accept_bets(project, [told_claim(project, prediction, claim)], by), as_json=as_json)
