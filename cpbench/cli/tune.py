"""`cpbench tune`: how many members this device should train side by side."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cpbench.records.tuned import Timing


def tune(
    name: Annotated[
        str | None, typer.Argument(help="A protocol's id; by default every registered one.")
    ] = None,
) -> None:
    """Time a step by executor and width, and keep the numbers for the next training here.

    They choose how many members share a CUDA graph. No result depends on them.
    """
    # The one command here that trains; nothing else of the command line reaches torch.
    from cpbench.errors import UsageError
    from cpbench.executors.tuning import tune as measure
    from cpbench.plan.compiling import load_compiled
    from cpbench.project import find, known_protocol, registered
    from cpbench.records.tuned import write_tuned
    from cpbench.specs.loading import NOT_RUNNABLE, is_published
    from cpbench.specs.reading import read

    project = find()
    names = registered(project) if name is None else (known_protocol(project, name),)
    if name is not None and is_published(read(project.protocol(name))):
        raise UsageError(f"{name} {NOT_RUNNABLE}")
    compiled = [load_compiled(project, each) for each in names]
    stretches = [stretch for each in compiled for stretch in each.stretches]
    tuned = measure(stretches, lambda line: typer.echo(line, err=True))
    path = project.store.with_name("tuned.json")
    write_tuned(path, tuned)
    print_timings(tuned.device, tuned.timings)
    for model, width in tuned.branches().items():
        typer.echo(f"{model}: {width} members share a graph from now on")
    typer.echo(f"written to {path.relative_to(project.root)}")


def print_timings(device: str, timings: "tuple[Timing, ...]") -> None:
    """Print a line per executor and width."""
    from cpbench.cli.plain_tables import Page, plain, table

    numbers = {"batch", "members", "ms per step of one"}
    shown = table(
        f"on {device}", "model", "batch", "precision", "executor", "members",
        "ms per step of one", numbers=numbers,
    )  # fmt: skip
    for each in timings:
        shown.add_row(
            plain(each.model),
            str(each.batch_size),
            each.precision or "",
            each.executor,
            str(each.width),
            f"{each.milliseconds:.3g}",
        )
    Page().print(shown)
