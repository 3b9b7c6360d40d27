"""How a protocol's numbers came about: what may differ between two honest runs.

Only the report reads it.
"""

from pathlib import Path

from cpbench.records.files import read_record, to_json, write_text
from cpbench.specs.base import Spec


class StageProvenance(Spec):
    """One stage's cost and circumstances."""

    seconds: float
    """Seconds of work on all that the stage's results rest on, also on what was stored before."""
    device: str
    """`cpu` or the accelerator's name, with its processor count."""
    numerics: dict[str, str]
    """device, precision, executor, threads."""
    versions: dict[str, str]
    """python, torch, numpy and cpbench."""
    commit: str
    """Git commit, empty outside a checkout, `several` when stored parts come from several."""
    dirty: bool
    """Whether tracked files differed from the commit."""
    ledger_head: str | None = None
    """Hash of the ledger's last entry when the oldest part was made; empty for an empty ledger."""
    peak_memory_mb: float | None = None
    """The most that one process held."""
    joules: float | None = None
    """What the device used for it, whatever else ran there; absent where it does not tell."""
    width: int | None = None
    """The most members that were trained as one program; absent: each alone."""


class Difference(Spec):
    """How far results are from those of the commit, where both answer the same protocol."""

    compared: int
    """Numbers that both have."""
    changed: int
    """Of these, how many are not equal."""
    largest: dict[str, float]
    """The largest absolute difference by unit."""


class Provenance(Spec):
    """What `reports/provenance/<protocol>.json` holds, by stage."""

    stages: dict[str, StageProvenance]
    against_commit: Difference | None = None
    """Absent when nothing comparable is committed."""


def read_provenance(path: Path) -> Provenance:
    """Return the provenance, empty when nothing was written yet."""
    if not path.exists():
        return Provenance(stages={})
    return read_record(Provenance, path, stage=f"train@{path.stem}")


def add_provenance(path: Path, stage: str, facts: StageProvenance) -> None:
    """Write one stage's facts beside those of the others."""
    before = read_provenance(path)
    stages = dict(sorted({**before.stages, stage: facts}.items()))
    _write(path, before.model_copy(update={"stages": stages}))


def note_difference(path: Path, difference: Difference | None) -> None:
    """Write how far the results are from those of the commit."""
    _write(path, read_provenance(path).model_copy(update={"against_commit": difference}))


def _write(path: Path, provenance: Provenance) -> None:
    write_text(path, to_json(provenance.json_value()))
