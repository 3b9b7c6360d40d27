"""What lies in the store: states by their arithmetic, and who needs them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from cpbench.digests import digest, fold
from cpbench.errors import CpbenchError, EvidenceError
from cpbench.plan.compiling import load_compiled
from cpbench.plan.forest import Stretch
from cpbench.progress import leases_of
from cpbench.project import Project, registered
from cpbench.records.plans import read_plan
from cpbench.store import MANIFEST, QUARANTINE, Manifest, Store, folders


class Amount(NamedTuple):
    """So many folders of so many bytes."""

    number: int
    bytes: int


class Shelf(NamedTuple):
    """The states of one arithmetic."""

    numerics: dict[str, str]
    """Empty where no manifest can be read."""
    states: Amount
    protocols: dict[str, int]
    """How many of the states each registered protocol uses; one state may serve several."""
    unused: int
    """States that no registered protocol uses."""


class Contents(NamedTuple):
    """Everything in the store."""

    shelves: tuple[Shelf, ...]
    waypoints: Amount
    quarantine: Amount
    unfinished: Amount
    leases: dict[str, str]
    """Who holds which, in words."""


class Needs(NamedTuple):
    """What the registered protocols ask for."""

    states: frozenset[str]
    stretches: tuple[Stretch, ...]
    """Those of their specs; a plan file may lie there for an older one."""


def contents_of(project: Project) -> Contents:
    """Return what lies in the store; a protocol that is invalid uses nothing."""
    shelves: dict[str, list[Path]] = defaultdict(list)
    for folder in folders(project.store):
        shelves[folder.name.split(".")[1]].append(folder)
    uses = {name: _uses(project, name) for name in registered(project)}
    return Contents(
        shelves=tuple(_shelf(found, uses) for _, found in sorted(shelves.items())),
        waypoints=amount(folders(waypoints(project))),
        quarantine=amount(quarantined(project)),
        unfinished=amount(unfinished(project)),
        leases=leases_of(project).holders(),
    )


def needs_of(project: Project) -> Needs:
    """Return what every registered protocol needs: by its spec, and by its plan file as it lies.

    Raises:
        SpecError: A spec is invalid, so what it needs cannot be told.
        EvidenceError: A plan file cannot be read.
    """
    planned: set[str] = set()
    stretches: list[Stretch] = []
    for name in registered(project):
        # Where its seeds are not drawn yet, there is nothing it could have trained.
        with suppress(EvidenceError):
            stretches += load_compiled(project, name).stretches
        if project.plan(name).exists():
            planned |= {segment.state for segment in read_plan(project.plan(name)).segments}
    return Needs(frozenset(planned | {each.state for each in stretches}), tuple(stretches))


def passed(stretch: Stretch) -> Iterator[str]:
    """Yield the state after each epoch of a stretch."""
    state = str(stretch.parent)
    for settings in stretch.settings:
        state = fold(state, digest(settings.json_value()))
        yield state


def waypoints(project: Project) -> Path:
    """Return where states within unfinished segments lie."""
    return project.store.with_name("waypoints")


def quarantined(project: Project) -> list[Path]:
    """Return what was damaged and put aside."""
    return sorted(project.store.with_name(QUARANTINE).glob("*"))


def unfinished(project: Project) -> list[Path]:
    """Return folders that someone began to fill, and states that are not whole."""
    roots = (project.store, waypoints(project))
    begun = [path for root in roots for path in folders(root, begun=True)]
    return begun + [path for root in roots for path in folders(root) if not _is_whole(path)]


def amount(paths: Iterable[Path]) -> Amount:
    """Return how many folders these are and how many bytes they hold."""
    sizes = [_bytes(path) for path in paths]
    return Amount(len(sizes), sum(sizes))


def _uses(project: Project, name: str) -> frozenset[str]:
    try:
        return frozenset(segment.state for segment in load_compiled(project, name).plan.segments)
    except CpbenchError:
        return frozenset()


def _shelf(found: list[Path], uses: dict[str, frozenset[str]]) -> Shelf:
    states = {folder.name.split(".")[0] for folder in found}
    counts = Counter({name: len(states & used) for name, used in uses.items()})
    return Shelf(
        numerics=_numerics(found),
        states=amount(found),
        protocols=dict(+counts),
        unused=len(states.difference(*uses.values())),
    )


def _numerics(found: list[Path]) -> dict[str, str]:
    """Return the numerics as the first manifest tells them that can be read."""
    for folder in found:
        try:
            return Manifest.model_validate_json((folder / MANIFEST).read_bytes()).numerics
        except (OSError, ValidationError):
            continue
    return {}


def _is_whole(folder: Path) -> bool:
    store, state = Store.of(folder)
    return store.has(state)


def _bytes(path: Path) -> int:
    """Return the size of everything below a path; what is removed meanwhile has none."""
    files = [path, *path.rglob("*")] if path.is_dir() and not path.is_symlink() else [path]
    total = 0
    for file in files:
        try:
            total += 0 if file.is_dir() else file.lstat().st_size
        except OSError:
            continue
    return total
