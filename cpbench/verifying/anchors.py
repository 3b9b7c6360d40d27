"""Anchors: what stands outside of the ledger and shows whether its tail was cut off or replaced."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from cpbench.checkout import versions
from cpbench.errors import EvidenceError
from cpbench.ledger import Entry
from cpbench.project import Project
from cpbench.records.provenance import read_provenance
from cpbench.specs.reading import display
from cpbench.verifying.findings import Finding, tampered, unverifiable

SHOWN = 12
"""Digits of a hash that are enough to find it."""


class Version(NamedTuple):
    """The ledger as a commit has it."""

    commit: str
    data: bytes


class Head(NamedTuple):
    """The ledger's head as some record states it."""

    place: str
    hash: str


class Heads(NamedTuple):
    """What records say about the ledger's head."""

    all: tuple[Head, ...]
    by_protocol: dict[str, str | None]
    """At the start of each protocol's oldest training; absent where it was not recorded."""
    unreadable: tuple[Finding, ...]


def committed_versions(project: Project) -> tuple[Version, ...]:
    """Return the ledger as each commit that changed it has it, newest first."""
    return tuple(Version(*each) for each in versions(project.root, project.ledger))


def recorded_heads(project: Project) -> Heads:
    """Return every head that provenance and scores state."""
    found: list[Head] = []
    training: dict[str, str | None] = {}
    unreadable: list[Finding] = []
    for path in sorted(project.provenance("x").parent.glob("*.json")):
        try:
            stages = read_provenance(path).stages
        except EvidenceError as error:
            place, _, what = str(error).partition(": ")
            unreadable.append(tampered(place, what))
            continue
        for stage, facts in stages.items():
            if facts.ledger_head is not None:
                found.append(Head(f"{display(path)} ({stage})", facts.ledger_head))
        if "train" in stages:
            training[path.stem] = stages["train"].ledger_head
    found += _scored(project.scores)
    return Heads(tuple(found), training, tuple(unreadable))


def anchored(
    project: Project,
    committed: Sequence[Version],
    heads: Heads,
    entries: Sequence[Entry] | None,
) -> Iterator[Finding]:
    """Yield where the ledger is not the continuation of what was seen of it before."""
    name = display(project.ledger)
    data = project.ledger.read_bytes() if project.ledger.exists() else b""
    for version in committed:
        if not data.startswith(version.data):
            line = _first_difference(data, version.data)
            yield tampered(f"{name}:{line}", f"differs from commit {version.commit[:SHOWN]}")
    yield from heads.unreadable
    if entries is not None:
        known = {"", *(entry.hash for entry in entries)}
        for place, stated in heads.all:
            if stated not in known:
                what = f"states the ledger's head {stated[:SHOWN]}, which is no entry"
                yield tampered(place, f"{what}: entries of {name} were cut off or replaced")
    if not committed and not any(stated.hash for stated in heads.all):
        what = "nothing outside of it shows that its tail was not cut off"
        yield unverifiable(name, f"{what}: neither Git history nor a record of training; commit it")


def num_anchored(committed: Sequence[Version], heads: Heads, entries: Sequence[Entry]) -> int:
    """Return up to which entry something outside of the ledger bears it out."""
    numbers = {entry.hash: entry.seq for entry in entries}
    lines = (version.data.count(b"\n") for version in committed)
    stated = (numbers.get(each.hash, 0) for each in heads.all)
    return min(max((*lines, *stated), default=0), len(entries))


def _scored(path: Path) -> list[Head]:
    """Return the head that the scores were made from."""
    try:
        value: Any = json.loads(path.read_bytes())
        return [Head(display(path), str(value["ledger_head"]))]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        # Scores are made anew from the rest; they may be missing, or of another version.
        return []


def _first_difference(data: bytes, other: bytes) -> int:
    """Return the number of the first line that differs."""
    ours, theirs = data.splitlines(keepends=True), other.splitlines(keepends=True)
    pairs = zip(ours, theirs, strict=False)
    return next(
        (number for number, (one, two) in enumerate(pairs, start=1) if one != two),
        min(len(ours), len(theirs)) + 1,
    )
