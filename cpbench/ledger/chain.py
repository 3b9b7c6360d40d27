"""The ledger: an append-only chain of registered predictions, verified over the stored bytes.

One line per entry, RFC 8785 JSON, each holding the hash of the line before. It shows edits and
reordering; a cut-off tail it cannot show, so every training stage records the head it started at.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple

from filelock import FileLock
from pydantic import ValidationError

from cpbench import __version__
from cpbench.checkout import author, commit, is_dirty
from cpbench.digests import canonical, digest, file_digest
from cpbench.errors import IntegrityError
from cpbench.project import Project
from cpbench.records.derived_seeds import DerivedSeeds
from cpbench.records.files import to_json, write_text
from cpbench.seeds import derive_seed
from cpbench.specs.base import Sha256, Spec
from cpbench.specs.predictions import Prediction
from cpbench.specs.reading import display

SEED_RANGE = 2**31


class KnownResult(Spec):
    """Results of a named protocol that existed at registration."""

    protocol: str
    path: str
    sha256: Sha256


class Payload(Spec):
    """What is registered."""

    prediction: Prediction
    prediction_digest: Sha256
    protocols: dict[str, Sha256]
    """Every protocol the claims name, with its digest."""
    known_results: tuple[KnownResult, ...]


class GitState(Spec):
    """Where the code stood."""

    commit: str
    """Empty outside a checkout."""
    dirty: bool


class Entry(Spec):
    """One line of the ledger."""

    seq: int
    kind: Literal["prediction"]
    at: str
    """UTC, with Z."""
    author: str
    payload: Payload
    payload_sha256: Sha256
    prev: str
    """Hash of the entry before; empty for the first."""
    git: GitState
    cpbench_version: str
    hash: Sha256
    """Of the line without this field."""


class Circumstances(NamedTuple):
    """Who registers, when, and with which code."""

    at: str
    author: str
    git: GitState


def read_ledger(path: Path) -> tuple[Entry, ...]:
    """Return all entries of a ledger after checking the chain; a missing ledger is empty.

    Raises:
        IntegrityError: A line was changed, moved or cut.
    """
    entries: list[Entry] = []
    lines = path.read_bytes().split(b"\n") if path.exists() else [b""]
    for number, line in enumerate(lines[:-1], start=1):
        entries.append(
            _verified(line, entries[-1].hash if entries else "", f"{display(path)}:{number}")
        )
        if entries[-1].seq != number:
            raise IntegrityError(f"{display(path)}:{number}: seq is {entries[-1].seq}; {_RESTORE}")
    if lines[-1]:
        raise IntegrityError(f"{display(path)}:{len(lines)}: the last line is cut off; {_RESTORE}")
    return tuple(entries)


def head(entries: tuple[Entry, ...]) -> str:
    """Return the hash of the last entry, empty for an empty ledger."""
    return entries[-1].hash if entries else ""


def latest(entries: tuple[Entry, ...]) -> dict[str, Entry]:
    """Return the entry in force of each prediction: a later one supersedes an earlier one."""
    return {entry.payload.prediction.id: entry for entry in entries}


def registered(entries: tuple[Entry, ...], payload: Payload) -> Entry | None:
    """Return the entry in force that already says the same, if there is one."""
    entry = latest(entries).get(payload.prediction.id)
    if entry is None or entry.payload.prediction_digest != payload.prediction_digest:
        return None
    return entry if entry.payload.protocols == payload.protocols else None


def payload_of(project: Project, prediction: Prediction, protocols: Mapping[str, str]) -> Payload:
    """Return what would be registered now.

    Args:
        project: Where results may already lie.
        prediction: What is predicted.
        protocols: The digest of every protocol its claims name.
    """
    known = tuple(
        KnownResult(
            protocol=name,
            path=project.result(name).relative_to(project.root).as_posix(),
            sha256=file_digest(project.result(name)),
        )
        for name in sorted(protocols)
        if project.result(name).exists()
    )
    return Payload(
        prediction=prediction,
        prediction_digest=prediction.digest,
        protocols=dict(sorted(protocols.items())),
        known_results=known,
    )


def append(project: Project, payload: Payload, circumstances: Circumstances | None = None) -> Entry:
    """Return the entry in force for a payload, appended unless the ledger already says the same.

    Raises:
        IntegrityError: The ledger is broken; nothing is appended to a broken chain.
    """
    now = circumstances or observe(project)
    lock = project.root / ".cpbench" / "ledger.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(lock):
        entries = read_ledger(project.ledger)
        if found := registered(entries, payload):
            return found
        body = {
            "seq": len(entries) + 1,
            "kind": "prediction",
            "at": now.at,
            "author": now.author,
            "payload": payload.json_value(),
            "payload_sha256": digest(payload.json_value()),
            "prev": head(entries),
            "git": now.git.json_value(),
            "cpbench_version": __version__,
        }
        line = canonical(body | {"hash": digest(body)})
        _append_line(project.ledger, line)
    return Entry.model_validate_json(line)


def derived_seeds(
    entries: tuple[Entry, ...], protocol: str, protocol_digest: str, n: int
) -> DerivedSeeds:
    """Return seeds nobody could know before the protocol was first named in the ledger.

    seed_i = derive_seed(entry hash, "registration", i) mod 2³¹, repeats left out. Protocols that
    one entry names first share their seeds, so their runs are paired.

    Raises:
        LookupError: No entry names the protocol with this digest.
    """
    naming = (each for each in entries if each.payload.protocols.get(protocol) == protocol_digest)
    first = next(naming, None)
    if first is None:
        raise LookupError(protocol)
    seeds: dict[int, None] = {}
    counter = 0
    while len(seeds) < n:
        seeds[derive_seed(int(first.hash, 16), "registration", counter) % SEED_RANGE] = None
        counter += 1
    return DerivedSeeds(protocol=protocol, entry=first.hash, seeds=tuple(seeds))


def write_derived_seeds(project: Project, seeds: DerivedSeeds) -> Path:
    """Write a protocol's derived seeds, and return where."""
    path = project.derived_seeds(seeds.protocol)
    write_text(path, to_json(seeds.json_value()))
    return path


def observe(project: Project) -> Circumstances:
    """Return who registers, when, and with which code."""
    git = GitState(commit=commit(project.root), dirty=is_dirty(project.root))
    return Circumstances(
        datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), author(project.root), git
    )


_RESTORE = "restore the ledger from Git; entries are never edited"


def _verified(line: bytes, prev: str, place: str) -> Entry:
    try:
        entry = Entry.model_validate_json(line)
    except ValidationError as error:
        raise IntegrityError(f"{place}: is not a ledger entry; {_RESTORE}") from error
    # Over the stored bytes: the hash is of the line less its own field.
    rest = line.replace(f'"hash":"{entry.hash}",'.encode(), b"", 1)
    if hashlib.sha256(rest).hexdigest() != entry.hash:
        raise IntegrityError(f"{place}: does not have the hash it states; {_RESTORE}")
    if entry.prev != prev:
        raise IntegrityError(f"{place}: does not follow the line before; {_RESTORE}")
    if digest(json.loads(line)["payload"]) != entry.payload_sha256:
        raise IntegrityError(f"{place}: its payload does not have the hash it states; {_RESTORE}")
    return entry


def _append_line(path: Path, line: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as stream:
        stream.write(line + b"\n")
        stream.flush()
        os.fsync(stream.fileno())
