"""What the ledger says about each claim: the wording in force, who forecast what, which bets stand.

Order decides: an entry is late for a claim when results of a protocol it rests on existed then.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from cpbench.ledger.bets import bets_of, made_of, parties_of
from cpbench.ledger.entries import (
    ClaimEntry,
    DisputeEntry,
    Entry,
    PredictionEntry,
    ResolveEntry,
    WithdrawEntry,
)
from cpbench.ledger.moves import moves_of
from cpbench.ledger.sayings import forecast_remarks, forecasts_of
from cpbench.ledger.soundness import is_sound
from cpbench.ledger.standing import (
    Droppings,
    Key,
    in_force,
    num_legacy,
    rewordings,
    wordings_of,
)
from cpbench.ledger.told import ToldClaim, ToldForecast, ToldStake
from cpbench.ledger.wording import Lateness, Remark, Wording, lateness_of


def claims_of(entries: Sequence[Entry]) -> tuple[ToldClaim, ...]:
    """Return every claim that was ever registered, in the order of first registration.

    Args:
        entries: A whole ledger, as `read_ledger` verified it.
    """
    lateness = lateness_of(entries)
    registrations: dict[str, list[PredictionEntry]] = {}
    about: dict[Key, list[ClaimEntry]] = {}
    for entry in filter(is_sound, entries):
        if isinstance(entry, PredictionEntry):
            registrations.setdefault(entry.payload.prediction.id, []).append(entry)
        else:
            about.setdefault((entry.payload.prediction, entry.payload.claim), []).append(entry)
    every = sorted(chain.from_iterable(registrations.values()), key=lambda entry: entry.seq)
    wordings = wordings_of(every, about, lateness, num_legacy(entries))
    return tuple(
        _told(said, registrations[key[0]], about.get(key, []), lateness)
        for key, said in wordings.items()
    )


def _told(
    wordings: Sequence[Wording],
    registrations: Sequence[PredictionEntry],
    entries: Sequence[ClaimEntry],
    lateness: Lateness,
) -> ToldClaim:
    standing = in_force(wordings)
    forecasts = forecasts_of(wordings, standing, entries, lateness)
    stakes, bet_remarks = bets_of(wordings, standing, entries, lateness)
    leaving = tuple(_leaving(entries, standing, lateness))
    droppings = Droppings(wordings, registrations, entries, lateness)
    is_void = droppings.is_dropped() or _is_left_by_all(leaving, forecasts, stakes)
    remarks = (
        *rewordings(wordings),
        *droppings.remarks(),
        *forecast_remarks(wordings, standing, entries, lateness),
        *bet_remarks,
        *(each.remark for each in leaving),
        *_disputes(entries),
    )
    return ToldClaim(
        entry=standing.entry,
        title_entry=registrations[-1],
        claim=standing.claim,
        hash=standing.hash,
        protocols=standing.protocols,
        known_results=_known_paths(standing),
        forecasts=tuple(
            told._replace(is_withdrawn=told.is_withdrawn or is_void) for told in forecasts
        ),
        stakes=tuple(told._replace(is_withdrawn=told.is_withdrawn or is_void) for told in stakes),
        deviations=tuple(remark.text for remark in remarks if remark.is_late),
        recorded=tuple(_recorded(entries)),
        moves=tuple(moves_of(wordings, registrations, entries, lateness)),
        amendments=tuple(remark.text for remark in remarks if not remark.is_late),
        is_withdrawn=is_void,
    )


def _known_paths(standing: Wording) -> tuple[str, ...]:
    return tuple(
        known.path
        for known in standing.entry.payload.known_results
        if known.protocol in standing.protocols
    )


class _Leaving(NamedTuple):
    """Somebody asks to withdraw the whole claim."""

    seq: int
    by: str
    remark: Remark


def _leaving(
    entries: Sequence[ClaimEntry], standing: Wording, lateness: Lateness
) -> Iterator[_Leaving]:
    for entry in entries:
        if isinstance(entry, WithdrawEntry) and entry.payload.what == "claim":
            is_late = lateness.applies(entry, standing.protocols)
            what = "when results existed: it is scored" if is_late else "in time"
            by, why = entry.payload.by, entry.payload.reason
            text = f"entry {entry.seq}: {by} withdrew the claim {what} ({why})"
            yield _Leaving(entry.seq, by, Remark(text, is_late))


def _is_left_by_all(
    leaving: Sequence[_Leaving],
    forecasts: Sequence[ToldForecast],
    stakes: Sequence[ToldStake],
) -> bool:
    """Return whether all who had said something of a claim, or bet on it, withdrew it in time.

    Theories are not asked: they have nothing to lose.
    Whoever speaks of it later does not bring it back.
    """
    said = [
        (told.seq, told.by)
        for told in forecasts
        if not (told.is_late or told.is_withdrawn or told.theory)
    ]
    bet = [(told.seq, party) for told in made_of(stakes) for party in parties_of(told.stake)]
    left = set[str]()
    own = {by for _, by in said} | {party for told in stakes for party in parties_of(told.stake)}
    for each in leaving:
        if each.by in own and not each.remark.is_late:
            left.add(each.by)
            if {by for seq, by in (*said, *bet) if seq < each.seq} <= left:
                return True
    return False


def _disputes(entries: Sequence[ClaimEntry]) -> Iterator[Remark]:
    for entry in entries:
        if isinstance(entry, DisputeEntry):
            text = f"entry {entry.seq}: disputed by {entry.payload.by}: {entry.payload.reason}"
            yield Remark(text, is_late=True)


def _recorded(entries: Sequence[ClaimEntry]) -> Iterator[tuple[int, str, str]]:
    for entry in entries:
        if isinstance(entry, ResolveEntry):
            yield entry.seq, entry.payload.state, entry.payload.text
