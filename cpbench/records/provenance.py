"""How a protocol's numbers came about: what may differ between two honest runs. Only the report reads it."""

from pathlib import Path

from cpbench.records.files import read_record, to_json, write_text
from cpbench.specs.base import Spec


class StageProvenance(Spec):
    """One stage's cost and circumstances."""

    seconds: float
    """Seconds of work, summed over everything the stage's results rest on, also what was stored before."""
    device: str
    """`cpu` or the accelerator's name, with its processor count."""
    numerics: dict[str, str]
    """device, precision, executor, threads."""
    versions: dict[str, str]
    """python, torch, numpy and cpbench."""
    commit: str
    """Git commit, empty outside a checkout."""
    dirty: bool
    """Whether tracked files differed from the commit."""
    ledger_head: str
    """Hash of the ledger's last entry when the stage started; empty for an empty ledger."""
    peak_memory_mb: float | None = None
    joules: float | None = None


class Provenance(Spec):
    """What `reports/provenance/<protocol>.json` holds, by stage."""

    stages: dict[str, StageProvenance]


def read_provenance(path: Path) -> Provenance:
    """Return the provenance, empty when nothing was written yet."""
    if not path.exists():
        return Provenance(stages={})
    return read_record(Provenance, path, stage=f"train@{path.stem}")


def add_provenance(path: Path, stage: str, facts: StageProvenance) -> None:
    """Write one stage's facts beside those of the others."""
    stages = {**read_provenance(path).stages, stage: facts}
    write_text(path, to_json(Provenance(stages=dict(sorted(stages.items()))).json_value()))
