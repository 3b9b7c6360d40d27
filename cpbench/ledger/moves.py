"""Moves: what people entered of a claim in time; knowing results, they would have done better."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from cpbench.ledger.entries import (
    AcceptEntry,
    ClaimEntry,
    ForecastEntry,
    OfferEntry,
    PredictionEntry,
    SealedEntry,
    WithdrawEntry,
)
from cpbench.ledger.standing import in_force
from cpbench.ledger.wording import Lateness, Wording

Move = tuple[int, str]
"""Number of the entry, and who did what."""


def moves_of(
    wordings: Sequence[Wording],
    registrations: Sequence[PredictionEntry],
    entries: Sequence[ClaimEntry],
    lateness: Lateness,
) -> list[Move]:
    """Return the moves on a claim in their order, first the one that registered it.

    What a theory says follows from its code and what it was shown, a reveal from its seal; disputes
    and recorded outcomes change nothing; what is late changes nothing either.
    """
    protocols = in_force(wordings).protocols
    found = [*_registered(wordings, registrations)]
    found += [(entry.seq, words) for entry in entries if (words := _words(entry))]
    late = {entry.seq for entry in (*registrations, *entries) if lateness.applies(entry, protocols)}
    return [(wordings[0].entry.seq, "it was registered")] + [
        move for move in sorted(found) if move[0] not in late
    ]


def _registered(
    wordings: Sequence[Wording], registrations: Sequence[PredictionEntry]
) -> Iterator[Move]:
    """Yield what each registration but the first says otherwise than the one before."""
    said = {wording.entry.seq: wording for wording in wordings}
    first = wordings[0].entry.seq
    for before, after in pairwise(each for each in registrations if each.seq >= first):
        old, new = said.get(before.seq), said.get(after.seq)
        if new is None or old is None:
            if old is not new:
                yield after.seq, "it was left out" if new is None else "it was taken in again"
            continue
        if new.hash != old.hash:
            yield after.seq, "it was reworded"
        for forecast in after.payload.prediction.forecasts:
            told = before.payload.prediction.forecasts
            if forecast.claim == new.claim.id and forecast not in told:
                yield after.seq, f"{forecast.by} forecast"


def _words(entry: ClaimEntry) -> str:
    match entry:
        case ForecastEntry():
            return "" if entry.payload.theory else f"{entry.payload.forecast.by} forecast"
        case SealedEntry():
            return f"{entry.payload.by} sealed a forecast"
        case OfferEntry():
            return f"{entry.payload.by} offered a bet"
        case AcceptEntry():
            return f"{entry.payload.by} accepted a bet"
        case WithdrawEntry():
            own = "the claim" if entry.payload.what == "claim" else f"its {entry.payload.what}"
            return f"{entry.payload.by} withdrew {own}"
        case _:
            return ""
