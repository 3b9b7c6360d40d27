"""`cpbench plan`: what a protocol would train, before it does."""

from typing import Annotated

import typer


def plan(
    name: Annotated[str, typer.Argument(help="A protocol's id.")],
    *,
    probe: Annotated[
        bool, typer.Option("--probe", help="Train a few epochs to tell how long all would take.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the whole plan, or what was probed, as JSON.")
    ] = False,
) -> None:
    """Show a protocol's runs, epochs, executor and expected cost. Writes nothing."""
    import time

    from cpbench.cli.plan_table import print_estimate, print_plan
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
    if not as_json:
        print_plan(project, compiled)
    if probe:
        began = time.perf_counter()
        # Only here does a plan need torch; a trainer waits for it too.
        from cpbench.executors.estimating import estimate

        found = estimate(project, compiled, time.perf_counter() - began)
        if not as_json:
            print_estimate(found)
            return
        typer.echo(to_json(found.json_value()), nl=False)
    elif as_json:
        typer.echo(to_json(compiled.plan.json_value()), nl=False)
