"""`cpbench reveal`: tell what was sealed."""

from pathlib import Path
from typing import Annotated

import typer


def reveal(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="What opens the seals; by default all kept here, of settled claims."),
    ] = None,
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="All kept here, also of claims without results.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Tell sealed forecasts once results exist; what differs from its seal is refused."""
    from cpbench.cli.entering import say
    from cpbench.cli.seals import kept_files, reveal_seals
    from cpbench.project import find

    project = find()
    only_settled = not files and not everything
    done = reveal_seals(project, files or kept_files(project), only_settled=only_settled)
    say(done, as_json=as_json)
