"""How far each protocol has come, read off the disk without torch and without a lock."""

import time
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from cpbench.errors import CpbenchError, SpecError
from cpbench.leases import Leases
from cpbench.plan.compiling import load_compiled
from cpbench.project import Project
from cpbench.records.plans import Plan, read_plan
from cpbench.records.results import read_results
from cpbench.store import Store, folders


class Row(NamedTuple):
    """One protocol's line: each cell says done, missing, stale, or how much."""

    plan: str
    segments: str
    runs: str
    readings: str
    results: str


def progress_of(project: Project, name: str) -> Row:
    """Return how far a protocol is; what cannot be told is said so."""
    try:
        plan = load_compiled(project, name).plan
    except SpecError:
        return Row("invalid: see `cpbench validate`", "–", "–", "–", "–")
    except CpbenchError:
        return Row("waits for `cpbench predict`", "–", "–", "–", "–")
    stored = sum(segment.state in _states(project.store) for segment in plan.segments)
    records = sum(1 for _ in project.runs(name).rglob("record.json"))
    return Row(
        plan=_plan_state(project, plan),
        segments=f"{stored:,}/{len(plan.segments):,}",
        runs=f"{records:,}/{len(plan.runs):,}",
        readings="yes" if any(project.readings(name).glob("*.json")) else "missing",
        results=_results_state(project.result(name)),
    )


def leases_of(project: Project) -> Leases:
    """Return the leases that trainers hold while they work."""
    return Leases(project.store.with_name("leases"))


def trainers(project: Project) -> dict[str, int]:
    """Return who trains now, in words, and on how many segments."""
    return dict(Counter(leases_of(project).holders().values()))


def seconds_since_last_state(project: Project) -> float | None:
    """Return how long ago a state was stored, by this machine's clock; None if none ever was."""
    moments = (_moment(folder) for folder in folders(project.store))
    last = max(moments, default=0.0)
    return max(0.0, time.time() - last) if last else None


@lru_cache(maxsize=1)
def _states(store: Path) -> frozenset[str]:
    return Store(store, {}).states()


def _moment(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except FileNotFoundError:  # put aside meanwhile
        return 0.0


def _plan_state(project: Project, plan: Plan) -> str:
    if not project.plan(plan.protocol).exists():
        return "missing"
    try:
        return "current" if read_plan(project.plan(plan.protocol)) == plan else "stale"
    except CpbenchError:
        return "unreadable"


def _results_state(path: Path) -> str:
    if not path.exists():
        return "missing"
    try:
        return f"{len(read_results(path)):,} rows"
    except CpbenchError:
        return "unreadable"
