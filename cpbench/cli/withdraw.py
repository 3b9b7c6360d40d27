"""`cpbench withdraw`: take back a forecast, a bet, or one's part in a claim."""

from typing import Annotated

import typer


def withdraw(
    prediction: Annotated[str, typer.Argument(help="A registered prediction's id.")],
    claim: Annotated[str, typer.Argument(help="The id of one of its claims.")],
    *,
    by: Annotated[str, typer.Option(help="The party that withdraws.")],
    reason: Annotated[str, typer.Option(help="Why; it stays in the ledger.")],
    part: Annotated[
        bool | None, typer.Option("--forecast/--stake", help="Only its forecast, or its bets.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Withdraw before results exist; later it is shown and changes nothing.

    Without --forecast or --stake the claim itself: it is void once everyone who forecast it, or has
    a bet on it that is made, has withdrawn it.
    """
    from cpbench.cli.entering import say, told_claim
    from cpbench.cli.withdrawing import withdraw_part
    from cpbench.project import find

    project = find()
    told = told_claim(project, prediction, claim)
    what = "claim" if part is None else "forecast" if part else "stake"
    say(withdraw_part(project, told, what, by, reason), as_json=as_json)
