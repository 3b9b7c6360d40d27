"""`cpbench validate`: say everything that is wrong with specs, or that nothing is."""

from pathlib import Path
from typing import Annotated

import typer


def validate(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Spec files or folders; by default all of specs/.", show_default=False),
    ] = None,
) -> None:
    """Check protocol and prediction specs: every problem at once, as file:line:col.

    Exit code 3 if any.
    """
    from cpbench.cli.spec_files import check, spec_files
    from cpbench.errors import SpecError

    files = spec_files(paths)
    problems = check(files)
    if problems:
        raise SpecError("\n".join(problems))
    typer.echo(f"{len(files)} spec{'s' if len(files) != 1 else ''} valid")
