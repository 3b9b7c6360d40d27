"""Beginnings: since when somebody may have known how a protocol came out.

Training records the ledger's head at its start. That record can be edited or deleted, so every
committed version of it counts as well, and so do results that were committed: the earliest of all
is when knowing began. Versions of another protocol under the same name are left out.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from cpbench.checkout import commits, content, versions
from cpbench.ledger import Entry
from cpbench.project import Project
from cpbench.records.provenance import Provenance
from cpbench.specs.reading import display

SHOWN = 12


class Beginning(NamedTuple):
    """When knowing a protocol's results may have begun, and what is not shown of it."""

    place: str
    """The record that says it, or should."""
    fault: str
    """Why that is not borne out; empty where it is."""
    seq: int | None
    """The last entry that was made before; none where nobody knows, or nothing began."""
    words: str
    """What began."""


def beginning_of(
    project: Project,
    protocol: tuple[str, str],
    heads: Mapping[str, str | None],
    entries: Sequence[Entry],
) -> Beginning:
    """Return since when somebody may have known how a protocol came out.

    Args:
        project: Where it was trained.
        protocol: Its name, and the digest it was registered with.
        heads: The head that each record of training on disk states.
        entries: The verified ledger.
    """
    name, digest = protocol
    numbers = {"": 0, **{entry.hash: entry.seq for entry in entries}}
    committed = _committed_heads(project, name, digest)
    stated = {head for head in (heads.get(name), *committed) if head is not None}
    began = [(numbers[head], "training began at entry") for head in stated & numbers.keys()]
    began += _committed_results(project, name, digest)
    seq, what = min(began, key=lambda each: each[0], default=(None, ""))
    is_here = _states(_bytes(project.plan(name)), digest)
    fault = _fault(project, name, heads, committed) if is_here else ""
    return Beginning(display(project.provenance(name)), fault, seq, f"{what} {seq}")


def _fault(
    project: Project, name: str, heads: Mapping[str, str | None], committed: Sequence[str]
) -> str:
    """Return why the record on disk does not bear out when training began, or nothing."""
    if name not in heads:
        has_results = project.result(name).exists()
        return "has no record of training, though results exist" if has_results else ""
    if heads[name] is None:
        return "does not say which entry stood when training began"
    if committed and heads[name] not in committed:
        return "states another start of training than every commit of it"
    return ""


def _committed_heads(project: Project, name: str, digest: str) -> list[str]:
    """Return the heads at the start of training that committed records of this protocol state."""
    heads: list[str] = []
    for commit_id, data in versions(project.root, project.provenance(name)):
        try:
            train = Provenance.model_validate_json(data).stages.get("train")
        except ValidationError:
            continue
        head = train.ledger_head if train else None
        if head is not None and head not in heads and _is_same(project, name, digest, commit_id):
            heads.append(head)
    return heads


def _committed_results(project: Project, name: str, digest: str) -> list[tuple[int, str]]:
    """Return how long the ledger was when results of this protocol were first committed."""
    for commit_id in reversed(commits(project.root, project.result(name))):
        ledger = content(project.root, project.ledger, commit_id)
        has_results = content(project.root, project.result(name), commit_id) is not None
        if ledger is not None and has_results and _is_same(project, name, digest, commit_id):
            words = f"results were committed ({commit_id[:SHOWN]}) after entry"
            return [(ledger.count(b"\n"), words)]
    return []


def _is_same(project: Project, name: str, digest: str, commit_id: str) -> bool:
    """Return whether the plan of a commit is of this protocol, as far as can be told."""
    return _states(content(project.root, project.plan(name), commit_id), digest)


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def _states(plan: bytes | None, digest: str) -> bool:
    return plan is None or f'"digest": "{digest}"'.encode() in plan
