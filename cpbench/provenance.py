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


def finished(
    before: StageProvenance, device: torch.device, seconds: float, joules: float | None = None
) -> StageProvenance:
    """Return the facts of a stage that has ended, with what it took."""
    cost = {
        "seconds": round(seconds, 1),
        "peak_memory_mb": peak_megabytes(device),
        "joules": None if joules is None else round(joules, 1),
    }
    return before.model_copy(update=cost)


def trained_at(
    project: Project, facts: StageProvenance, manifests: Sequence[Manifest]
) -> StageProvenance:
    """Return the facts with cost and origin of the weights themselves, which may be older.

    The ledger's head is that of the oldest segment: nothing was trained before it.
    """
    cost = _cost(manifests)
    facts = facts.model_copy(update={name: told for name, told in cost.items() if told is not None})
    commits = {each.commit for each in manifests}
    heads = [each.ledger_head for each in manifests]
    order = ["", *(entry.hash for entry in read_ledger(project.ledger))]
    known = [head for head in heads if head is not None]
    oldest = (
        min(known, key=order.index) if len(known) == len(heads) and {*known} <= {*order} else None
    )
    commit = "several" if len(commits) > 1 else commits.pop() or ""
    return facts.model_copy(update={"commit": commit, "ledger_head": oldest})


def _cost(manifests: Sequence[Manifest]) -> dict[str, float | None]:
    """Return what the manifests tell of memory, energy and packing; no energy if one tells none.

    An initialisation, which has no epoch, takes none worth counting.
    """
    trained = [each for each in manifests if each.stop > each.start]
    joules = [each.joules for each in trained if each.joules is not None]
    return {
        "peak_memory_mb": max((each.peak_memory_mb or 0.0 for each in manifests), default=0)
        or None,
        "joules": round(sum(joules), 1) if joules and len(joules) == len(trained) else None,
        "width": max((each.width or 0 for each in manifests), default=0) or None,
    }


def peak_megabytes(device: torch.device) -> float:
    """Return the most that one process has held until now: on a GPU there, else resident."""
    if device.type == "cuda":
        return round(torch.cuda.max_memory_allocated(device) / 2**20, 1)
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    peak = max(resource.getrusage(each).ru_maxrss for each in who)
    unit = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes, Linux kilobytes
    return round(peak * unit / 2**20, 1)
