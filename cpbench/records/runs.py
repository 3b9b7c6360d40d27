"""Run records, `artifacts/runs/<protocol>/`: which weights a run passed through. Deterministic."""

from pathlib import Path

from cpbench.records.files import read_record, to_json, write_text
from cpbench.records.plans import Condition, Plan
from cpbench.specs.base import Spec


class StoredState(Spec):
    """A pointer to weights in the segment store."""

    state: str
    sha256: str
    """Of the weights' file."""


class RunRecord(Spec):
    """One run: a condition with one seed."""

    protocol: str
    digest: str
    arm: str
    control: str
    point: str
    seed: int
    numerics: dict[str, str]
    diverged: int | None = None
    """Epoch in which the loss stopped being finite."""
    states: dict[str, StoredState]
    """Epoch (as text) to the weights at that epoch."""


def record_path(folder: Path, condition: Condition, seed: int) -> Path:
    """Return where a run's record lies: a readable name, from the condition and the seed."""
    point = condition.point or "all"
    return (
        folder
        / condition.arm
        / (condition.control or "curve")
        / point
        / f"seed-{seed}"
        / "record.json"
    )


def write_run(folder: Path, condition: Condition, record: RunRecord) -> None:
    """Write a run's record."""
    write_text(record_path(folder, condition, record.seed), to_json(record.json_value()))


def read_runs(folder: Path, plan: Plan) -> tuple[RunRecord, ...]:
    """Return the record of every run of a plan, in its order.

    Raises:
        EvidenceError: One is missing or unreadable.
    """
    stage = f"train@{plan.protocol}"
    paths = (record_path(folder, plan.conditions[run.condition], run.seed) for run in plan.runs)
    return tuple(read_record(RunRecord, path, stage=stage) for path in paths)
