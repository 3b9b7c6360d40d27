"""Looking after the store: damage is put aside, and what nobody needs is removed."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.progress import track

from cpbench.cli.store_contents import (
    Needs,
    amount,
    needs_of,
    passed,
    quarantined,
    unfinished,
    waypoints,
)
from cpbench.errors import EnvironmentFault, EvidenceError, IntegrityError
from cpbench.progress import leases_of
from cpbench.project import Project
from cpbench.store import Store, folders, remove


class Doomed(NamedTuple):
    """One thing to remove, and why."""

    path: Path
    why: str
    bytes: int


def check_all(project: Project) -> tuple[int, tuple[IntegrityError, ...]]:
    """Hash everything anew and put aside what is damaged; return how many states were looked at.

    Raises:
        EnvironmentFault: Something cannot be read.
    """
    everything = [*folders(project.store), *folders(waypoints(project))]
    console = Console(stderr=True)
    quiet = not sys.stderr.isatty()
    shown = track(everything, "verifying", console=console, disable=quiet, transient=True)
    return len(everything), tuple(filter(None, map(_damage, shown)))


def useless(project: Project) -> list[Doomed]:
    """Return what no registered protocol needs.

    Raises:
        EnvironmentFault: Something trains, and may be about to need it.
        SpecError: A spec is invalid, so what it needs cannot be told.
        EvidenceError: A plan file cannot be read.
    """
    if holders := sorted(set(leases_of(project).holders().values())):
        raise EnvironmentFault(f"{holders[0]}, is training here; wait for it or stop it")
    needs = needs_of(project)
    reasons = dict.fromkeys(quarantined(project), "damaged")
    reasons |= dict.fromkeys(unfinished(project), "unfinished")
    for path in folders(project.store):
        if path.name.split(".")[0] not in needs.states:
            reasons.setdefault(path, "needed by no plan")
    for path in _passed_by(project, needs):
        reasons.setdefault(path, "on the way to what is stored")
    return [Doomed(path, why, amount([path]).bytes) for path, why in sorted(reasons.items())]


def remove_all(doomed: list[Doomed]) -> None:
    """Remove what was found useless.

    Raises:
        EnvironmentFault: Something cannot be removed.
    """
    for path in (each.path for each in doomed):
        try:
            remove(path)
        except FileNotFoundError:
            continue  # someone else was quicker
        except OSError as error:
            raise EnvironmentFault(f"{path}: could not be removed ({error.strerror})") from error


def _damage(folder: Path) -> IntegrityError | None:
    store, state = Store.of(folder)
    try:
        store.get(state)
    except IntegrityError as error:
        return error
    except EvidenceError:
        if folder.exists():
            return store.put_aside(state, "its manifest is missing")
    return None  # whole, or removed meanwhile


def _passed_by(project: Project, needs: Needs) -> Iterator[Path]:
    """Yield waypoints, except those of segments that are still to be finished."""
    found = list(folders(waypoints(project)))
    if not found:
        return
    stored = {folder.name for folder in folders(project.store)}
    for suffix in {folder.name.split(".")[1] for folder in found}:
        wanted = {
            state
            for stretch in needs.stretches
            if f"{stretch.state}.{suffix}" not in stored
            for state in passed(stretch)
        }
        yield from (
            folder
            for folder in found
            if folder.name.endswith(suffix) and folder.name.split(".")[0] not in wanted
        )
