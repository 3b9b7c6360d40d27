"""Sayings: who forecast what of a claim, in which order, and which forecast of each party counts.

By party the last one said in time counts. Late ones are kept and shown, never scored.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cpbench.ledger.bets import is_by_score, made_before, parties_of
from cpbench.ledger.entries import (
    ClaimEntry,
    ForecastEntry,
    RevealEntry,
    SealedEntry,
    TheoryFacts,
    WithdrawEntry,
)
from cpbench.ledger.sealing import opens
from cpbench.ledger.told import ToldForecast
from cpbench.ledger.wording import Lateness, Remark, Wording
from cpbench.specs.forecasts import ForecastSpec
from cpbench.specs.predictions import forecast_faults


class Saying(NamedTuple):
    """One forecast as one entry said it."""

    seq: int
    by: str
    forecast: ForecastSpec | None
    is_late: bool
    is_void: bool
    """About a wording that no longer counts."""
    sealed: bool = False
    theory: TheoryFacts | None = None

    @property
    def speaker(self) -> tuple[str, str]:
        """Who speaks: a theory never speaks for a person of its name, nor with other knowledge."""
        return self.by, self.theory.information if self.theory else ""

    def repeats(self, other: "Saying") -> bool:
        """Return whether it says the same as another, whatever its reasons."""
        return self.forecast is not None and _value(self.forecast) == _value(other.forecast)


def forecasts_of(
    wordings: Sequence[Wording],
    standing: Wording,
    entries: Sequence[ClaimEntry],
    lateness: Lateness,
) -> tuple[ToldForecast, ...]:
    """Return a claim's forecasts, parties in the order in which they first spoke.

    Args:
        wordings: Every registration of the claim.
        standing: The wording in force.
        entries: What was said of it outside of registrations.
        lateness: Which results existed when.
    """
    found = (*_registered(wordings, standing), *_added(entries, standing, lateness))
    said = sorted(
        (each for each in found if each.forecast is None or _answers(standing, each.forecast)),
        key=lambda saying: saying.seq,
    )
    speakers = dict.fromkeys(saying.speaker for saying in said)
    takings = _takings(wordings, standing, entries, lateness)
    return tuple(
        told
        for speaker in speakers
        for told in _of_party(
            [saying for saying in said if saying.speaker == speaker],
            [each.seq for each in takings if (each.by, "") == speaker and each.counts],
        )
    )


def forecast_remarks(
    wordings: Sequence[Wording],
    standing: Wording,
    entries: Sequence[ClaimEntry],
    lateness: Lateness,
) -> Iterator[Remark]:
    """Yield forecasts taken back, and reveals that are none."""
    yield from (each.remark for each in _takings(wordings, standing, entries, lateness))
    seals = {entry.hash: entry for entry in entries if isinstance(entry, SealedEntry)}
    for entry in entries:
        if _is_off(entry, standing):
            told = f"entry {entry.seq} does not answer the claim: it is ignored"
            yield Remark(told, is_late=True)
        if isinstance(entry, RevealEntry):
            sealed = seals.get(entry.payload.sealed)
            if sealed is None or not opens(entry.payload, sealed):
                told = f"entry {entry.seq} reveals what no entry sealed: it is ignored"
                yield Remark(told, is_late=True)


class _Taking(NamedTuple):
    """A person takes a forecast back."""

    seq: int
    by: str
    counts: bool
    remark: Remark


def _takings(
    wordings: Sequence[Wording],
    standing: Wording,
    entries: Sequence[ClaimEntry],
    lateness: Lateness,
) -> list[_Taking]:
    """Return who took a forecast back; one that a made pool is paid by stands."""
    found: list[_Taking] = []
    for entry in entries:
        if not isinstance(entry, WithdrawEntry) or entry.payload.what != "forecast":
            continue
        by, why = entry.payload.by, entry.payload.reason
        is_late = lateness.applies(entry, standing.protocols)
        made = made_before(entry.seq, wordings, standing, entries, lateness)
        backs = any(by in parties_of(each.stake) for each in made if is_by_score(each.stake))
        if is_late:
            what = "when results existed: it is scored"
        else:
            what = (
                "in time, but a pool that was made is paid by it: it stands" if backs else "in time"
            )
        remark = Remark(f"entry {entry.seq}: {by} withdrew its forecast {what} ({why})", is_late)
        found.append(_Taking(entry.seq, by, not (is_late or backs), remark))
    return found


def _is_off(entry: ClaimEntry, standing: Wording) -> bool:
    """Return whether an entry forecasts this very claim in a form it does not ask for."""
    return (
        isinstance(entry, ForecastEntry)
        and entry.payload.claim_hash == standing.hash
        and not _answers(standing, entry.payload.forecast)
    )


def _answers(standing: Wording, forecast: ForecastSpec) -> bool:
    """Return whether a forecast has the form that the claim asks for."""
    return not list(forecast_faults([standing.claim], [forecast]))


def _registered(wordings: Sequence[Wording], standing: Wording) -> Iterator[Saying]:
    """Yield forecasts of the prediction file; one that the file only repeats says nothing anew."""
    before: dict[tuple[str, str], object] = {}
    for wording in wordings:
        for forecast in wording.entry.payload.prediction.forecasts:
            speaker, now = (forecast.by, wording.hash), _value(forecast)
            if forecast.claim == wording.claim.id and before.get(speaker) != now:
                before[speaker] = now
                is_void = wording.hash != standing.hash and not wording.is_late
                seq = wording.entry.seq
                yield Saying(seq, forecast.by, forecast, wording.is_late, is_void)


def _added(
    entries: Sequence[ClaimEntry], standing: Wording, lateness: Lateness
) -> Iterator[Saying]:
    """Yield forecasts of entries of their own, those under seal with what was revealed of them."""
    reveals = [entry.payload for entry in entries if isinstance(entry, RevealEntry)]
    for entry in entries:
        is_late = lateness.applies(entry, standing.protocols)
        is_void = entry.payload.claim_hash != standing.hash and not is_late
        if isinstance(entry, ForecastEntry):
            said, theory = entry.payload.forecast, entry.payload.theory
            # What an early theory may look at are results; its code and what it saw are on record,
            # so anyone can have it say the same again, and it stands in a table of its own.
            sees_results = theory is not None and theory.information == "early"
            late = is_late and not sees_results
            yield Saying(entry.seq, said.by, said, late, is_void, theory=theory)
        elif isinstance(entry, SealedEntry):
            true = (each.forecast for each in reveals if opens(each, entry))
            opened = (each for each in true if _answers(standing, each))
            said = next(opened, None)
            yield Saying(entry.seq, entry.payload.by, said, is_late, is_void, sealed=True)


def _of_party(said: Sequence[Saying], withdrawals: Sequence[int]) -> Iterator[ToldForecast]:
    in_time = [saying for saying in said if not saying.is_late]
    # What is said of a wording that does not count takes nothing away from what does.
    in_time = [saying for saying in in_time if not saying.is_void] or in_time
    shown: list[Saying] = []
    if standing := _standing(in_time, withdrawals):
        shown.append(standing)
        last = max(saying.seq for saying in in_time)
        is_withdrawn = standing.is_void or any(seq > last for seq in withdrawals)
        yield _told(standing, is_withdrawn=is_withdrawn)
    for saying in said:
        if saying.is_late and not any(saying.repeats(each) for each in shown):
            shown.append(saying)
            yield _told(saying, is_withdrawn=False)


def _standing(in_time: Sequence[Saying], withdrawals: Sequence[int]) -> Saying | None:
    """Return the forecast that counts, where it was first said."""
    standing: Saying | None = None
    for saying in in_time:
        is_kept = (
            standing is not None
            and saying.repeats(standing)
            and saying.is_void == standing.is_void
            and not any(standing.seq < seq < saying.seq for seq in withdrawals)
        )
        standing = standing if is_kept else saying
    return standing


def _told(saying: Saying, *, is_withdrawn: bool) -> ToldForecast:
    return ToldForecast(
        by=saying.by,
        forecast=saying.forecast,
        seq=saying.seq,
        is_late=saying.is_late,
        is_withdrawn=is_withdrawn,
        sealed=saying.sealed,
        theory=saying.theory,
    )


def _value(forecast: ForecastSpec | None) -> object:
    return forecast and forecast.model_copy(update={"note": ""})
