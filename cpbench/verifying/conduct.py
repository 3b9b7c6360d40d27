"""Conduct: what was done openly, but otherwise than registered, or too late."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from cpbench.ledger import (
    Entry,
    PredictionEntry,
    ToldClaim,
    has_results,
    parties_of,
    unsound,
)
from cpbench.project import Project
from cpbench.specs.reading import display
from cpbench.verifying.beginnings import Beginning, beginning_of
from cpbench.verifying.findings import Finding, deviation, tampered, unverifiable
from cpbench.verifying.machines import machines

SKEW = timedelta(hours=1)
"""What clocks of two machines may be apart."""


def conduct(
    project: Project,
    entries: Sequence[Entry],
    claims: Sequence[ToldClaim],
    heads: Mapping[str, str | None],
) -> Iterator[Finding]:
    """Yield deviations from what was registered.

    Args:
        project: Whose record it is.
        entries: The verified ledger.
        claims: What it says of each claim.
        heads: The ledger's head when each protocol's training began.
    """
    ledger = display(project.ledger)
    yield from _unsound(entries, ledger)
    yield from _clocks(entries, ledger)
    yield from _strays(entries, ledger)
    protocols = sorted({protocol for told in claims for protocol in told.protocols.items()})
    began = {each: beginning_of(project, each, heads, entries) for each in protocols}
    yield from _too_early(entries, began, ledger)
    for told in claims:
        for protocol in told.protocols.items():
            yield from _order(told, began[protocol])
            yield from machines(project, told, began[protocol])
        yield from _told(project, told, ledger)


def _order(told: ToldClaim, began: Beginning) -> Iterator[Finding]:
    """Yield what was entered of a claim when somebody may have known how it comes out."""
    if began.fault:
        yield unverifiable(
            began.place, f"{began.fault}: whether {_name(told)} came first is not shown"
        )
    after = [move for move in told.moves if began.seq is not None and move[0] > began.seq]
    # Of a claim that came too late as a whole, everything did: saying so once is enough.
    for number, what in after[:1] if len(after) == len(told.moves) else after:
        where = f"before entry {number}, where {what}"
        yield deviation(began.place, f"{_name(told)}: {began.words}, {where}")


def _too_early(
    entries: Sequence[Entry], began: Mapping[tuple[str, str], Beginning], ledger: str
) -> Iterator[Finding]:
    """Yield entries that list results before training began: that would make others late."""
    for name in sorted({name for name, _ in began}):
        starts = [each.seq for (protocol, _), each in began.items() if protocol == name]
        known = [seq for seq in starts if seq is not None]
        for entry in entries if known and len(known) == len(starts) else ():
            listed = {each.protocol for each in entry.payload.known_results}
            if name in listed and entry.seq <= min(known):
                what = f"lists results of {name}, whose training began at entry {min(known)}"
                yield deviation(f"{ledger}:{entry.seq}", f"{what}: they cannot be its results")


def _unsound(entries: Sequence[Entry], ledger: str) -> Iterator[Finding]:
    """Yield entries that are well chained and say what no command would enter."""
    for entry in entries:
        if problem := unsound(entry.payload):
            what = f"no command enters this: {problem}; it is left out of every reckoning"
            yield tampered(f"{ledger}:{entry.seq}", what)


def _told(project: Project, told: ToldClaim, ledger: str) -> Iterator[Finding]:
    for sentence in told.deviations:
        number = re.match(r"entry (\d+)", sentence)
        place = f"{ledger}:{number[1]}" if number else ledger
        yield deviation(place, f"{_name(told)}: {sentence}")
    is_over = has_results(project, told.protocols)
    for forecast in told.forecasts:
        place = f"{ledger}:{forecast.seq}"
        if forecast.is_late:
            yield deviation(place, f"{_name(told)}: the forecast of {forecast.by} is late")
        elif forecast.forecast is None and is_over and not forecast.is_withdrawn:
            what = "is not revealed; run `cpbench reveal` where it was sealed"
            yield deviation(place, f"{_name(told)}: what {forecast.by} sealed {what}")
    for stake in told.stakes:
        if stake.is_late and not (stake.is_withdrawn or stake.waiting_for):
            parties = ", ".join(parties_of(stake.stake))
            yield deviation(f"{ledger}:{stake.seq}", f"{_name(told)}: a bet of {parties} is late")


def _strays(entries: Sequence[Entry], ledger: str) -> Iterator[Finding]:
    """Yield entries about claims that no entry before them registered."""
    known: set[tuple[str, str]] = set()
    for entry in entries:
        if isinstance(entry, PredictionEntry):
            said = entry.payload.prediction
            known |= {(said.id, claim.id) for claim in said.claims}
        elif (entry.payload.prediction, entry.payload.claim) not in known:
            claim = f"{entry.payload.prediction} / {entry.payload.claim}"
            yield deviation(f"{ledger}:{entry.seq}", f"is about {claim}, which nobody registered")


def _clocks(entries: Sequence[Entry], ledger: str) -> Iterator[Finding]:
    """Yield entries whose clock ran back, or is ahead: the ledger's day is what deadlines go by."""
    now = datetime.now(UTC)
    for entry in entries:
        if (time := _time(entry.at)) is not None and time > now + SKEW:
            yield deviation(f"{ledger}:{entry.seq}", f"says {entry.at}, which is not yet")
    for before, after in pairwise(entries):
        times = _time(before.at), _time(after.at)
        if times[0] is None or times[1] is None or times[1] < times[0] - SKEW:
            what = f"says {after.at}, and the entry before it {before.at}"
            yield deviation(f"{ledger}:{after.seq}", what)


def _time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z")
    except ValueError:
        return None


def _name(told: ToldClaim) -> str:
    return f"{told.entry.payload.prediction.id} / {told.claim.id}"
