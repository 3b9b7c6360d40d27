"""`cpbench offer`: offer a bet on a registered claim."""

from typing import Annotated

import typer


def offer(
    prediction: Annotated[str, typer.Argument(help="A registered prediction's id.")],
    claim: Annotated[str, typer.Argument(help="The id of one of its binary claims.")],
    stake: Annotated[
        str,
        typer.Argument(
            help="As in a prediction file: '{yes: ann, no: bob, odds: even, stake: 10.00, "
            "currency: USD}'."
        ),
    ],
    *,
    by: Annotated[str, typer.Option(help="The party that offers, and stands by it.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Offer a bet: it is made when the other party accepts it with `cpbench accept`."""
    from cpbench.cli.accepting import offer_bet
    from cpbench.cli.entering import say, told_claim
    from cpbench.project import find

    project = find()
    told = told_claim(project, prediction, claim)
    say(offer_bet(project, told, stake, by), as_json=as_json)
