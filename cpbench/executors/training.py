"""The train stage: train what the plan asks for and the store lacks, then write the run records."""

import shutil
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from cpbench.executors import processes
from cpbench.executors.lifeline import die_with_parent
from cpbench.executors.sequential import Workshop, open_workshop
from cpbench.plan.compiling import Compiled, load_planned
from cpbench.project import Project
from cpbench.provenance import circumstances, finished, trained_at
from cpbench.records.plans import Run
from cpbench.records.provenance import add_provenance
from cpbench.records.runs import RunRecord, StoredState, write_run
from cpbench.store import Manifest, Origin
from cpbench.training.device import numerics, settle


def train_protocol(project: Project, name: str) -> None:
    """Train a protocol's missing segments and write its run records, whole or not at all.

    Raises:
        EvidenceError: The plan does not match the spec.
        EnvironmentFault: Another trainer is at work, or the machine lacks data or disk.
        IntegrityError: Stored weights are damaged.
    """
    die_with_parent()
    compiled = load_planned(project, name)
    device = settle()
    before = circumstances(project, device, numerics(device).values())
    origin = Origin(before.commit, before.ledger_head)
    workshop = open_workshop(project.data, project.store, device, origin)
    with (
        workshop.store.exclusive(),
        progress_bar(name, len(compiled.stretches), "segments") as tick,
    ):
        workers = processes.num_workers(workshop.device.type)
        processes.execute(compiled.stretches, workshop, tick, workers)
        _write_records(project.runs(name), compiled, workshop)
    manifests = [workshop.store.manifest(each.state) for each in compiled.stretches]
    facts = finished(before, device, sum(each.seconds for each in manifests))
    add_provenance(project.provenance(name), "train", trained_at(project, facts, manifests))


@contextmanager
def progress_bar(name: str, total: int, unit: str) -> Generator[Callable[[object], None]]:
    """Show a bar on a terminal, nothing elsewhere.

    Yields:
        What to call when one more is done.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    quiet = not sys.stderr.isatty()
    # Refreshed by hand: its own thread would not survive the fork of the workers.
    bar = Progress(*columns, console=console, disable=quiet, transient=True, auto_refresh=False)
    with bar:
        task = bar.add_task(name, total=total)
        yield lambda _: bar.update(task, advance=1, refresh=True)


def _write_records(folder: Path, compiled: Compiled, workshop: Workshop) -> None:
    """Fill a folder beside the one that is asked for, then put it in its place."""
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    manifests = {each.state: workshop.store.manifest(each.state) for each in compiled.stretches}
    for run in compiled.plan.runs:
        record = _record(run, compiled, manifests, workshop.store.numerics)
        write_run(partial, compiled.plan.conditions[run.condition], record)
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)


def _record(
    run: Run, compiled: Compiled, manifests: dict[str, Manifest], numerics: dict[str, str]
) -> RunRecord:
    plan = compiled.plan
    condition = plan.conditions[run.condition]
    passed = {epoch: manifests[state] for epoch, state in run.states.items()}
    return RunRecord(
        protocol=plan.protocol,
        digest=plan.digest,
        arm=condition.arm,
        control=condition.control,
        point=condition.point,
        seed=run.seed,
        numerics=numerics,
        diverged=min(
            (each.diverged for each in passed.values() if each.diverged is not None), default=None
        ),
        states={
            epoch: StoredState(state=each.state, sha256=each.sha256)
            for epoch, each in passed.items()
        },
    )
