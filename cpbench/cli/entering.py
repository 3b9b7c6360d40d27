"""Entries about one claim: finding it in the ledger, appending, and saying what was done."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypedDict

import typer

from cpbench.cli.printing import line
from cpbench.errors import UsageError
from cpbench.ledger import (
    Entry,
    KnownResult,
    Payload,
    ToldClaim,
    append,
    claims_of,
    known_results,
    read_ledger,
)
from cpbench.project import Project
from cpbench.records.files import to_json
from cpbench.specs.validating import one_of

MAX_REASON = 2000


class About(TypedDict):
    """What an entry about a claim says first."""

    prediction: str
    claim: str
    claim_hash: str
    known_results: tuple[KnownResult, ...]


class Done(NamedTuple):
    """What a command did: the entries it made or found, and sentences for people."""

    entries: tuple[Entry, ...]
    lines: tuple[str, ...]


def told_claims(project: Project, prediction: str) -> tuple[ToldClaim, ...]:
    """Return the claims of a registered prediction.

    Raises:
        UsageError: It is not registered.
        IntegrityError: The ledger is broken.
    """
    claims = claims_of(read_ledger(project.ledger))
    found = tuple(told for told in claims if prediction_of(told) == prediction)
    if not found:
        known = {prediction_of(told) for told in claims}
        raise UsageError(
            f"registered prediction {one_of(prediction, known)}; register it with "
            f"`cpbench predict specs/predictions/{prediction}.yaml`"
        )
    return found


def told_claim(project: Project, prediction: str, claim: str) -> ToldClaim:
    """Return a registered claim that may still be spoken of.

    Raises:
        UsageError: There is none, or it was withdrawn.
        IntegrityError: The ledger is broken.
    """
    claims = {told.claim.id: told for told in told_claims(project, prediction)}
    if claim not in claims:
        raise UsageError(f"claim of {prediction} {one_of(claim, claims)}")
    if claims[claim].is_withdrawn:
        raise UsageError(f"{prediction} / {claim} was withdrawn before results existed; it is void")
    return claims[claim]


def prediction_of(told: ToldClaim) -> str:
    """Return which prediction a claim belongs to."""
    return told.entry.payload.prediction.id


def given_reason(reason: str) -> str:
    """Return a reason somebody gave.

    Raises:
        UsageError: It says nothing, or too much.
    """
    if not reason.strip() or len(reason) > MAX_REASON:
        raise UsageError(f"--reason: write one to {MAX_REASON} letters; it stays in the ledger")
    return reason


def given_party(name: str) -> str:
    """Return a party's name.

    Raises:
        UsageError: It is none.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", name):
        raise UsageError(
            f"--by {printable(name)!r}: write small letters, digits and _, as in ann_b"
        )
    return name


def about(project: Project, told: ToldClaim) -> About:
    """Return what an entry about a claim made now says first."""
    return About(
        prediction=prediction_of(told),
        claim=told.claim.id,
        claim_hash=told.hash,
        known_results=known_results(project, told.protocols),
    )


def enter(project: Project, payloads: Sequence[Payload], words: Sequence[str]) -> Done:
    """Append payloads; say of each what it is and, where results exist, that it is late."""
    done = append_all(project, payloads, words)
    return Done(done.entries, (*late_notes(payloads), *done.lines))


def append_all(project: Project, payloads: Sequence[Payload], words: Sequence[str]) -> Done:
    """Append payloads and say of each what it is."""
    entries = tuple(append(project, payload) for payload in payloads)
    said = (
        f"entry {entry.seq} ({entry.hash[:12]}): {what}"
        for entry, what in zip(entries, words, strict=True)
    )
    return Done(entries, tuple(said))


def late_notes(payloads: Iterable[Payload]) -> tuple[str, ...]:
    """Return one note for each results file that existed."""
    paths = dict.fromkeys(known.path for payload in payloads for known in payload.known_results)
    return tuple(
        f"note: {path} exists already; what is new here is late: shown, not scored"
        for path in paths
    )


def say(done: Done, *, as_json: bool) -> None:
    """Print what a command did."""
    say_all([done], as_json=as_json)


def say_all(done: Sequence[Done], *, as_json: bool) -> None:
    """Print what a command did, one thing after the other."""
    entries = [entry for each in done for entry in each.entries]
    lines = [line for each in done for line in each.lines]
    if as_json:
        typer.echo(to_json({"entries": list(map(_entry_json, entries)), "lines": lines}), nl=False)
    else:
        for text in lines:
            words = text.lstrip(" ")
            line(words, indent=len(text) - len(words))


def printable(text: str) -> str:
    """Return a line of text with control characters, which could move the cursor, written out."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )


def _entry_json(entry: Entry) -> dict[str, object]:
    return {"seq": entry.seq, "kind": entry.kind, "hash": entry.hash}
