"""`cpbench theories`: which programs can forecast, and what each is allowed to look at."""

from typing import Annotated

import typer


def theories(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the list as JSON.")] = False,
) -> None:
    """List machine forecasters; ask them with `cpbench predict PREDICTION --theory NAME`."""
    from cpbench.project import find
    from cpbench.records.files import to_json
    from cpbench.theories.shelf import shelf_of

    shelf = shelf_of(find())
    listed = [
        {
            "name": name,
            "version": each.theory.version,
            "information": each.theory.information,
            "summary": each.theory.summary,
            "source": each.source,
            "code": each.code,
        }
        for name, each in shelf.theories.items()
    ]
    if as_json:
        typer.echo(to_json({"theories": listed, "warnings": list(shelf.warnings)}), nl=False)
        return
    for each in listed:
        typer.echo(
            f"{each['name']} ({each['information']}, version {each['version']}, {each['source']})"
        )
        typer.echo(f"  {each['summary']}")
    for warning in shelf.warnings:
        typer.echo(f"warning: {warning}", err=True)
