"""`cpbench status`: what is done, what is missing, and whether something trains now."""

import typer


def status() -> None:
    """Show how far every registered protocol is. Works while training runs."""
    from rich.table import Table

    from cpbench.cli.plain_tables import Page, least_width, stacked
    from cpbench.progress import progress_of
    from cpbench.project import find, registered
    from cpbench.store import holder, is_training

    project = find()
    table = Table(box=None, pad_edge=False)
    for column in ("protocol", "plan", "segments", "runs", "readings", "results"):
        table.add_column(column, overflow="fold", no_wrap=column == "protocol")
    for name in registered(project):
        row = progress_of(project, name)
        table.add_row(name, row.plan, row.segments, row.runs, row.readings, row.results)
    page = Page()
    page.print(table if least_width(table) <= page.width else stacked(table))
    if is_training(project.store):
        typer.echo(f"{holder(project.store)} is training now")
    else:
        typer.echo("nothing is training; `dvc repro` goes on from here")
