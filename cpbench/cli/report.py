"""`cpbench report`: reports/README.md and reports/pages/, from what the judge found."""

import typer


def report() -> None:
    """Write the pages and figures anew from reports/scores.json."""
    from cpbench.project import find
    from cpbench.report import write
    from cpbench.specs.reading import display

    written = write(find())
    typer.echo(f"{display(written[0])} and {len(written) - 1} pages and figures are written")
