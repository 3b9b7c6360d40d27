"""`cpbench plan`: what a protocol would train, before it does."""

from typing import Annotated

import typer


def plan(
    name: Annotated[str, typer.Argument(help="A protocol's id.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole plan as JSON.")] = False,
) -> None:
    """Show a protocol's runs, epochs and expected cost. Writes nothing."""
    from cpbench.cli.plan_table import print_plan
    from cpbench.errors import UsageError
    from cpbench.plan.compiling import load_compiled
    from cpbench.project import find, known_protocol
    from cpbench.records.files import to_json
    from cpbench.specs.loading import NOT_RUNNABLE, is_published
    from cpbench.specs.reading import read

    project = find()
    if is_published(read(project.protocol(known_protocol(project, name)))):
        raise UsageError(f"{name} {NOT_RUNNABLE}")
    compiled = load_compiled(project, name)
    if as_json:
        typer.echo(to_json(compiled.plan.json_value()), nl=False)
    else:
        print_plan(project, compiled.plan)
