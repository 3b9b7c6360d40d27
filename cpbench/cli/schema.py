"""`cpbench schema`: JSON Schemas of the language, for editors."""

from typing import Annotated

import typer


def schema(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail if a file is stale.")
    ] = False,
) -> None:
    """Write specs/schema/*.json from the models. Editors complete and check specs with them."""
    from cpbench.errors import SpecError
    from cpbench.project import find
    from cpbench.records.files import write_text
    from cpbench.specs.reading import display
    from cpbench.specs.schemas import schemas

    project = find()
    stale: list[str] = []
    for name, text in schemas().items():
        path = project.schemas / f"{name}.json"
        fresh = path.exists() and path.read_text(encoding="utf-8") == text
        if check and not fresh:
            stale.append(f"{display(path)}: is not what the models say; run `cpbench schema`")
        elif not fresh:
            write_text(path, text)
            typer.echo(f"wrote {display(path)}")
    if stale:
        raise SpecError("\n".join(stale))
