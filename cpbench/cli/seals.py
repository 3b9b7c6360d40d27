"""Sealed forecasts: kept on this machine, out of Git, until they are revealed."""

import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from cpbench.cli.entering import Done, append_all
from cpbench.cli.meaning import forecast_in_words, unit_of
from cpbench.errors import SpecError, UsageError
from cpbench.ledger import (
    Entry,
    RevealPayload,
    ToldClaim,
    claims_of,
    commitment_of,
    has_results,
    known_results,
    read_ledger,
)
from cpbench.ledger.entries import RevealEntry, SealedEntry
from cpbench.project import Project
from cpbench.records.files import to_json
from cpbench.specs.base import Identifier, Sha256, Spec
from cpbench.specs.forecasts import ForecastSpec
from cpbench.specs.reading import display

SALT_BYTES = 32


class Kept(Spec):
    """What opens a seal."""

    prediction: Identifier
    salt: Sha256
    forecast: ForecastSpec


def seal(project: Project, told: ToldClaim, forecast: ForecastSpec) -> tuple[str, str]:
    """Write what opens a seal, readable by its owner only; return where, and the salt."""
    salt = secrets.token_hex(SALT_BYTES)
    kept = Kept(prediction=told.entry.payload.prediction.id, salt=salt, forecast=forecast)
    path = _folder(project) / f"{commitment_of(salt, forecast)}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(to_json(kept.json_value()))
    return path.relative_to(project.root).as_posix(), salt


def kept_files(project: Project) -> list[Path]:
    """Return every file that opens a seal."""
    return sorted(_folder(project).glob("*.json"))


def reveal_seals(project: Project, files: Sequence[Path], *, only_settled: bool) -> Done:
    """Tell what was sealed.

    Args:
        project: Where it was sealed.
        files: What opens the seals.
        only_settled: Leave out claims whose results do not exist yet.

    Raises:
        UsageError: A file opens no seal of the ledger.
        SpecError: A file does not read as one.
    """
    entries = read_ledger(project.ledger)
    claims = {
        (told.entry.payload.prediction.id, told.claim.id): told for told in claims_of(entries)
    }
    opened = {entry.payload.sealed for entry in entries if isinstance(entry, RevealEntry)}
    payloads: list[RevealPayload] = []
    for path in files:
        kept = _read(path)
        sealed = _sealed(entries, kept, path)
        told = claims[sealed.payload.prediction, sealed.payload.claim]
        if sealed.hash in opened or (only_settled and not has_results(project, told.protocols)):
            continue
        payloads.append(
            RevealPayload(
                prediction=sealed.payload.prediction,
                claim=sealed.payload.claim,
                claim_hash=sealed.payload.claim_hash,
                known_results=known_results(project, told.protocols),
                sealed=sealed.hash,
                salt=kept.salt,
                forecast=kept.forecast,
            )
        )
    words = [
        f"{forecast_in_words(each.forecast, unit_of(claims[each.prediction, each.claim].claim))} "
        f"({each.claim})"
        for each in payloads
    ]
    done = append_all(project, payloads, words)
    return done if payloads else Done((), ("nothing to reveal",))


def _folder(project: Project) -> Path:
    return project.root / ".cpbench" / "sealed"


def _read(path: Path) -> Kept:
    try:
        return Kept.model_validate_json(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{display(path)}: cannot be read ({error.strerror})") from error
    except ValidationError as error:
        raise SpecError(
            f"{display(path)}:1:1: does not open a seal; name a file of .cpbench/sealed/, as kept"
        ) from error


def _sealed(entries: Sequence[Entry], kept: Kept, path: Path) -> SealedEntry:
    commitment = commitment_of(kept.salt, kept.forecast)
    for entry in entries:
        if isinstance(entry, SealedEntry) and entry.payload.commitment == commitment:
            return entry
    raise UsageError(
        f"{display(path)}: opens no seal of the ledger; it was edited, or never sealed"
    )
