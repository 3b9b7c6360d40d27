"""Circumstances of a stage: what the machine, the checkout and the ledger were when it started."""

import resource
import sys
from collections.abc import Mapping, Sequence

import torch

from cpbench import checkout
from cpbench.ledger import head, read_ledger
from cpbench.project import Project
from cpbench.records.provenance import StageProvenance
from cpbench.store import Manifest
from cpbench.training.device import describe, versions

CAUSES = ("cpbench", "pipelines/*.py", "specs/protocols", "requirements.lock")
"""What can move a number. A stage that runs has changed other tracked files, such as its lock."""


def circumstances(
    project: Project, device: torch.device, numerics: Mapping[str, str]
) -> StageProvenance:
    """Return the facts known before a stage starts; its seconds are filled in when it ends.

    Raises:
        IntegrityError: The ledger is broken: what stood in it when training began would be lost.
    """
    return StageProvenance(
        seconds=0.0,
        device=describe(device),
        numerics=dict(numerics),
        versions=versions(),
        commit=checkout.commit(project.root),
        dirty=checkout.is_dirty(project.root, *CAUSES),
        ledger_head=head(read_ledger(project.ledger)),
    )


def finished(before: StageProvenance, device: torch.device, seconds: float) -> StageProvenance:
    """Return the facts of a stage that has ended, with its seconds and its peak memory."""
    megabytes = round(_peak_bytes(device) / 2**20, 1)
    return before.model_copy(update={"seconds": round(seconds, 1), "peak_memory_mb": megabytes})


def trained_at(
    project: Project, facts: StageProvenance, manifests: Sequence[Manifest]
) -> StageProvenance:
    """Return the facts with the origin of the weights themselves, which may be older than this run.

    The ledger's head is that of the oldest segment: nothing was trained before it.
    """
    commits = {each.commit for each in manifests}
    heads = [each.ledger_head for each in manifests]
    order = ["", *(entry.hash for entry in read_ledger(project.ledger))]
    known = [head for head in heads if head is not None]
    oldest = (
        min(known, key=order.index) if len(known) == len(heads) and {*known} <= {*order} else None
    )
    commit = "several" if len(commits) > 1 else commits.pop() or ""
    return facts.model_copy(update={"commit": commit, "ledger_head": oldest})


def _peak_bytes(device: torch.device) -> float:
    """Return the most that one process held: on a GPU there, else resident."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    peak = max(resource.getrusage(each).ru_maxrss for each in who)
    return peak * (1 if sys.platform == "darwin" else 1024)  # macOS counts bytes, Linux kilobytes
