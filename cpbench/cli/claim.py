"""`cpbench claim`: what a statement means, what would keep it open, and its numbers now."""

from typing import Annotated, Literal

import typer


def claim(
    text: Annotated[
        str, typer.Argument(help='A claim, "end(p.a) > end(p.b)", or a quantity, "end(p.a)".')
    ],
    *,
    rule: Annotated[
        Literal["decisive", "point", "probabilistic"], typer.Option(help="What settles it.")
    ] = "decisive",
    min_seeds: Annotated[int, typer.Option(min=1, help="Seeds that are needed.")] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Explain a claim or a quantity and show what it is now; registers nothing."""
    from cpbench.cli.claiming import examine, print_examined
    from cpbench.project import find
    from cpbench.records.files import to_json

    examined = examine(find(), text, rule, min_seeds)
    if as_json:
        typer.echo(to_json(examined.model_dump(mode="json")), nl=False)
    else:
        print_examined(examined)
