"""Circumstances of a stage: what the machine, the checkout and the ledger were when it started."""

import json
import subprocess

from cpbench.executors.sequential import Workshop
from cpbench.project import Project
from cpbench.records.provenance import StageProvenance
from cpbench.training.device import describe, versions


def circumstances(project: Project, workshop: Workshop) -> StageProvenance:
    """Return the facts known before a stage starts; its seconds are filled in when it ends."""
    return StageProvenance(
        seconds=0.0,
        device=describe(workshop.device),
        numerics=workshop.store.numerics,
        versions=versions(),
        commit=_git(project, "rev-parse", "HEAD"),
        dirty=bool(_git(project, "status", "--porcelain", "--untracked-files=no")),
        ledger_head=_ledger_head(project),
    )


def _ledger_head(project: Project) -> str:
    """Return the hash of the ledger's last entry; its verification is the judge's business."""
    if not project.ledger.exists():
        return ""
    lines = project.ledger.read_text(encoding="utf-8").splitlines()
    return str(json.loads(lines[-1])["hash"]) if lines else ""


def _git(project: Project, *command: str) -> str:
    """Return what git says, or nothing outside a checkout."""
    try:
        done = subprocess.run(
            ["git", *command],  # noqa: S607 - the git that the person uses
            cwd=project.root, capture_output=True, text=True, check=False, timeout=20,
        )  # fmt: skip
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
