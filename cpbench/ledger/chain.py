"""The chain: append-only, one line per entry, verified over the stored bytes.

Each line is RFC 8785 JSON and holds the hash of the line before. That shows edits and reordering;
a cut-off tail it cannot show, so every training stage records the head it started at.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

from filelock import FileLock
from pydantic import TypeAdapter, ValidationError

from cpbench import __version__
from cpbench.digests import canonical, digest
from cpbench.errors import IntegrityError, SpecError
from cpbench.ledger.entries import (
    AcceptPayload,
    DisputePayload,
    Entry,
    ForecastPayload,
    OfferPayload,
    Payload,
    PredictionPayload,
    ResolvePayload,
    RevealPayload,
    SealedPayload,
    WithdrawPayload,
)
from cpbench.ledger.registration import Circumstances, observe, registered
from cpbench.ledger.soundness import unsound
from cpbench.project import Project
from cpbench.specs.reading import display

KINDS: dict[type[Payload], str] = {
    PredictionPayload: "prediction",
    ForecastPayload: "forecast",
    SealedPayload: "sealed",
    RevealPayload: "reveal",
    OfferPayload: "offer",
    AcceptPayload: "accept",
    WithdrawPayload: "withdraw",
    DisputePayload: "dispute",
    ResolvePayload: "resolve",
}
_ENTRY: TypeAdapter[Entry] = TypeAdapter(Entry)
_RESTORE = "restore the ledger from Git; entries are never edited"


class TornError(IntegrityError):
    """The last line has no end: somebody was interrupted while writing it."""


def read_ledger(path: Path) -> tuple[Entry, ...]:
    """Return all entries of a ledger after checking the chain; a missing ledger is empty.

    Raises:
        TornError: Only the last line is wrong, for it has no end.
        IntegrityError: A line was changed, moved, cut or put in.
    """
    whole, tail = _parted(path)
    entries = entries_of(whole, display(path))
    if tail:
        raise TornError(
            f"{display(path)}:{len(entries) + 1}: the last line is torn; run "
            f"`cpbench ledger --repair`, which cuts it off and keeps what it cut"
        )
    return entries


def entries_of(data: bytes, name: str) -> tuple[Entry, ...]:
    """Return the entries of whole lines, checked.

    Args:
        data: Lines, each with its end.
        name: How errors call the file.

    Raises:
        IntegrityError: A line was changed, moved, cut or put in.
    """
    entries: list[Entry] = []
    for number, line in enumerate(data.split(b"\n")[:-1], start=1):
        entries.append(_verified(line, head(entries), number, f"{name}:{number}"))
    return tuple(entries)


def head(entries: Sequence[Entry]) -> str:
    """Return the hash of the last entry, empty for an empty ledger."""
    return entries[-1].hash if entries else ""


def append(project: Project, payload: Payload, circumstances: Circumstances | None = None) -> Entry:
    """Return the entry of a payload, appended; its kind is that of the payload.

    A prediction whose last registration says the same is not registered again.

    Raises:
        IntegrityError: The ledger is broken; nothing is appended to a broken chain.
        SpecError: Nothing could be made of the payload; the ledger would keep it for good.
    """
    if problem := unsound(payload):
        raise SpecError(f"nothing can be made of this entry: {problem}")
    now = circumstances or observe(project)
    with _locked(project):
        entries = read_ledger(project.ledger)
        if isinstance(payload, PredictionPayload) and (found := registered(entries, payload)):
            return found
        value = payload.json_value()
        body = {
            "seq": len(entries) + 1,
            "kind": KINDS[type(payload)],
            "at": now.at,
            "author": now.author,
            "payload": value,
            "payload_sha256": digest(value),
            "prev": head(entries),
            "git": now.git.json_value(),
            "cpbench_version": __version__,
        }
        line = canonical(body | {"hash": digest(body)})
        _append_line(project.ledger, line)
    return _ENTRY.validate_json(line)


def repair(project: Project) -> Path | None:
    """Cut off a torn last line and return where it is kept, or nothing where none is torn.

    A last entry that lacks nothing but its end is given it: nothing is lost, nothing is kept.

    Raises:
        IntegrityError: Another line is wrong; that is never repaired.
    """
    with _locked(project):
        whole, tail = _parted(project.ledger)
        entries = entries_of(whole, display(project.ledger))
        if not tail:
            return None
        if _is_entry(tail, head(entries), len(entries) + 1):
            _append_line(project.ledger, b"")
            return None
        kept = project.root / ".cpbench" / f"torn-{hashlib.sha256(tail).hexdigest()[:12]}.jsonl"
        kept.write_bytes(tail)
        with project.ledger.open("r+b") as stream:
            stream.truncate(len(whole))
    return kept


def _locked(project: Project) -> FileLock:
    lock = project.root / ".cpbench" / "ledger.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(lock)


def _parted(path: Path) -> tuple[bytes, bytes]:
    """Return whole lines, and what follows the last line's end."""
    data = path.read_bytes() if path.exists() else b""
    end = data.rfind(b"\n") + 1
    return data[:end], data[end:]


def _is_entry(line: bytes, prev: str, number: int) -> bool:
    try:
        _verified(line, prev, number, "")
    except IntegrityError:
        return False
    return True


def _verified(line: bytes, prev: str, number: int, place: str) -> Entry:
    try:
        entry = _ENTRY.validate_json(line)
    except ValidationError as error:
        raise IntegrityError(f"{place}: is not a ledger entry; {_RESTORE}") from error
    if fault := _fault(line, entry, prev, number):
        raise IntegrityError(f"{place}: {fault}; {_RESTORE}")
    return entry


def _fault(line: bytes, entry: Entry, prev: str, number: int) -> str:
    """Return what is wrong with a line that reads as an entry, or nothing."""
    # Over the stored bytes: the hash is of the line less its own field.
    rest = line.replace(f'"hash":"{entry.hash}",'.encode(), b"", 1)
    if hashlib.sha256(rest).hexdigest() != entry.hash:
        return "does not have the hash it states"
    if entry.prev != prev:
        return "does not follow the line before"
    if entry.seq != number:
        return f"seq is {entry.seq}"
    value = json.loads(line)
    if digest(value["payload"]) != entry.payload_sha256:
        return "its payload does not have the hash it states"
    return "" if canonical(value) == line else "is not in canonical form"


def _append_line(path: Path, line: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as stream:
        stream.write(line + b"\n")
        stream.flush()
        os.fsync(stream.fileno())
