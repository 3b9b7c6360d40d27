"""What is registered now: a prediction, the results that exist already, who says it and when."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, cast

from cpbench.checkout import author, commit, is_dirty
from cpbench.digests import file_digest
from cpbench.ledger.entries import (
    Entry,
    GitState,
    KnownResult,
    PredictionEntry,
    PredictionPayload,
)
from cpbench.project import Project
from cpbench.specs.loading import is_published
from cpbench.specs.predictions import Prediction
from cpbench.specs.reading import read


class Circumstances(NamedTuple):
    """Who registers, when, and with which code."""

    at: str
    author: str
    git: GitState


def observe(project: Project) -> Circumstances:
    """Return who registers, when, and with which code."""
    git = GitState(commit=commit(project.root), dirty=is_dirty(project.root))
    return Circumstances(
        datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), author(project.root), git
    )


def payload_of(
    project: Project,
    prediction: Prediction,
    protocols: Mapping[str, str],
    *,
    others: Iterable[str] = (),
    reason: str | None = None,
) -> PredictionPayload:
    """Return what would be registered now.

    Args:
        project: Where results may already lie.
        prediction: What is predicted.
        protocols: The digest of every protocol its claims name.
        others: Protocols of claims it had once: whether they were dropped in time must be seen.
        reason: Why it is amended.
    """
    return PredictionPayload(
        prediction=prediction,
        prediction_digest=prediction.digest,
        protocols=dict(sorted(protocols.items())),
        known_results=known_results(project, {**dict.fromkeys(others, ""), **protocols}),
        stakes="offered",
        reason=reason,
    )


def known_results(
    project: Project, protocols: Iterable[str] | Mapping[str, str]
) -> tuple[KnownResult, ...]:
    """Return which of some protocols have results now, with the results' hashes.

    Args:
        project: Where results may lie.
        protocols: Their names; with digests, results of the same protocol under another name
            count as well.
    """
    digests = dict.fromkeys(protocols, "")
    if isinstance(protocols, Mapping):
        digests |= cast("Mapping[str, str]", protocols)
    return tuple(
        KnownResult(
            protocol=name,
            path=path.relative_to(project.root).as_posix(),
            sha256=file_digest(path),
        )
        for name, digest in sorted(digests.items())
        for path in _results_of(project, name, digest)
    )


def _results_of(project: Project, name: str, digest: str) -> Iterator[Path]:
    """Yield the results of a protocol: its own or, where it has none, its twin's.

    A twin has the same digest, so it has the same runs, unless each has seeds of its own entry.
    """
    if project.result(name).exists():
        yield project.result(name)
        return
    for path in sorted(project.results.glob("*.csv")) if digest else ():
        plan = project.plan(path.stem)
        has_own_seeds = project.derived_seeds(path.stem).exists()
        if has_own_seeds or not plan.exists():
            continue
        if f'"digest": "{digest}"' in plan.read_text(encoding="utf-8"):
            yield path
            return


def has_results(project: Project, protocols: Iterable[str]) -> bool:
    """Return whether each of some protocols has results; a published one carries its own."""
    return all(
        project.result(name).exists() or _is_published(project.protocol(name)) for name in protocols
    )


def latest(entries: Sequence[Entry]) -> dict[str, PredictionEntry]:
    """Return the last registration of each prediction."""
    return {
        entry.payload.prediction.id: entry
        for entry in entries
        if isinstance(entry, PredictionEntry)
    }


def registered(entries: Sequence[Entry], payload: PredictionPayload) -> PredictionEntry | None:
    """Return the last registration of a prediction if it already says the same."""
    entry = latest(entries).get(payload.prediction.id)
    if entry is None or entry.payload.prediction_digest != payload.prediction_digest:
        return None
    return entry if entry.payload.protocols == payload.protocols else None


def _is_published(spec: Path) -> bool:
    return spec.exists() and is_published(read(spec))
