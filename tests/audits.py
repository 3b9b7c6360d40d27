"""What tests of `cpbench verify` do to a record, and what it finds then."""

import hashlib
import subprocess

from cpbench.project import Project
from cpbench.records.files import write_text
from cpbench.records.provenance import StageProvenance, add_provenance
from cpbench.verifying import audit, exit_code


def git(project: Project, *words: str) -> None:
    who = ("-c", "user.name=t", "-c", "user.email=t@t")
    command = ["git", "-C", str(project.root), *who, *words]
    subprocess.run(command, check=True, capture_output=True)


def commit(project: Project) -> None:
    git(project, "add", "-A")
    git(project, "commit", "-qm", "a step")


def train(project: Project, head: str | None, name: str = "blur") -> None:
    facts = StageProvenance(
        seconds=1, device="cpu", numerics={}, versions={}, commit="", dirty=False, ledger_head=head
    )
    add_provenance(project.provenance(name), "train", facts)


def lock(
    project: Project, text: str = "a,b\n", folder: str = "reports", file: str = "dvc.lock"
) -> None:
    write_text(project.result("blur"), text)
    md5 = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    out = f"{{path: {folder}/results/blur.csv, hash: md5, md5: {md5}, size: 4}}"
    write_text(
        project.root / file,
        f"schema: '2.0'\nstages:\n  evaluate@blur:\n    cmd: x\n    outs:\n    - {out}\n",
    )


def unlock(project: Project) -> None:
    """Go back to before results: neither they nor their lock are there."""
    project.result("blur").unlink()
    (project.root / "dvc.lock").unlink()


def found(project: Project) -> list[tuple[str, str, str]]:
    return [tuple(finding) for finding in audit(project).findings]


def only(project: Project) -> tuple[str, str, str]:
    (finding,) = found(project)
    return finding


def code(project: Project) -> int:
    return exit_code(audit(project).findings)
