"""Circumstances of a stage: what the machine, the checkout and the ledger were when it started."""

import json
import resource
import sys
from collections.abc import Mapping

import torch

from cpbench import checkout
from cpbench.project import Project
from cpbench.records.provenance import StageProvenance
from cpbench.training.device import describe, versions

CAUSES = ("cpbench", "pipelines/*.py", "specs/protocols", "requirements.lock")
"""What can move a number. A stage that runs has changed other tracked files, such as its lock."""


def circumstances(
    project: Project, device: torch.device, numerics: Mapping[str, str]
) -> StageProvenance:
    """Return the facts known before a stage starts; its seconds are filled in when it ends."""
    return StageProvenance(
        seconds=0.0,
        device=describe(device),
        numerics=dict(numerics),
        versions=versions(),
        commit=checkout.commit(project.root),
        dirty=checkout.is_dirty(project.root, *CAUSES),
        ledger_head=_ledger_head(project),
    )


def finished(before: StageProvenance, device: torch.device, seconds: float) -> StageProvenance:
    """Return the facts of a stage that has ended, with its seconds and its peak memory."""
    megabytes = round(_peak_bytes(device) / 2**20, 1)
    return before.model_copy(update={"seconds": round(seconds, 1), "peak_memory_mb": megabytes})


def _peak_bytes(device: torch.device) -> float:
    """Return the most that one process held: on a GPU there, else resident."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    peak = max(resource.getrusage(each).ru_maxrss for each in who)
    return peak * (1 if sys.platform == "darwin" else 1024)  # macOS counts bytes, Linux kilobytes


def _ledger_head(project: Project) -> str:
    """Return the hash of the ledger's last entry; its verification is the judge's business."""
    if not project.ledger.exists():
        return ""
    lines = project.ledger.read_text(encoding="utf-8").splitlines()
    return str(json.loads(lines[-1])["hash"]) if lines else ""
