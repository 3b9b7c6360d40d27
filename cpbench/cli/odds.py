"""`cpbench odds`: a price in five notations, or the fair bet between two beliefs."""

from typing import Annotated

import typer


def odds(
    words: Annotated[
        list[str],
        typer.Argument(
            help="Two beliefs, NAME=PROBABILITY each, or odds: '3:1 against', 'p 0.25'."
        ),
    ],
    *,
    pot: Annotated[
        float | None, typer.Option(help="What both put up together, for two beliefs.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Suggest a bet that both sides expect to gain the same from; cpbench moves no money."""
    from cpbench.cli.pricing import fair_bet, price
    from cpbench.records.files import to_json

    told = fair_bet(words, pot) if any("=" in word for word in words) else price(words)
    if as_json:
        typer.echo(to_json(told), nl=False)
    else:
        width = max(map(len, told))
        typer.echo("\n".join(f"{name:<{width}}  {value}" for name, value in told.items()))
