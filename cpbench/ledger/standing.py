"""Standing: which wording of a claim counts, and whether it was dropped.

The last wording registered before any results existed for its protocols is in force; where the
first one was late already, it stays, and so is everything said of it. A wording on which a bet is
made stays, too: what all its parties made, one of them cannot amend away.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise, takewhile

from cpbench.claims.statements import claim_hash, statements_of
from cpbench.ledger.bets import made_before
from cpbench.ledger.entries import ClaimEntry, Entry, PredictionEntry
from cpbench.ledger.wording import Lateness, Remark, Wording
from cpbench.specs.claims import Claim

Key = tuple[str, str]
"""Prediction and claim: what a claim is, in whatever words."""


def num_legacy(entries: Sequence[Entry]) -> int:
    """Return how many entries were made before acceptances existed: the first ones only.

    From the first entry that knows of acceptances on, a registration without them is a forgery of
    the old form, and makes no bet.
    """
    old = takewhile(
        lambda entry: isinstance(entry, PredictionEntry) and entry.payload.stakes is None, entries
    )
    return sum(1 for _ in old)


def wordings_of(
    registrations: Sequence[PredictionEntry],
    about: Mapping[Key, Sequence[ClaimEntry]],
    lateness: Lateness,
    num_old: int,
) -> dict[Key, list[Wording]]:
    """Return every registration of every claim, claims in the order they were first registered.

    Args:
        registrations: All of them.
        about: What else was entered, by claim.
        lateness: Which results existed when.
        num_old: Entries that were made before acceptances existed.
    """
    found: dict[Key, list[Wording]] = {}
    for entry in registrations:
        for claim in entry.payload.prediction.claims:
            key = (entry.payload.prediction.id, claim.id)
            earlier = found.setdefault(key, [])
            plain = _plain(entry, claim, makes_bets=entry.seq <= num_old)
            earlier.append(_after(plain, earlier, about.get(key, ()), lateness))
    return found


def in_force(wordings: Sequence[Wording]) -> Wording:
    """Return the wording that is scored, at its first registration."""
    standing = wordings[0]
    for later in wordings[1:]:
        if later.hash != standing.hash and not (later.is_late or later.is_held):
            standing = later
    return standing


def rewordings(wordings: Sequence[Wording]) -> Iterator[Remark]:
    """Yield each change of wording."""
    standing = wordings[0]
    for later in wordings[1:]:
        if later.hash == standing.hash:
            continue
        scored = f"the wording of entry {standing.entry.seq} is scored"
        if later.is_late:
            what = f"when results existed: {scored}"
        elif later.is_held:
            what = f"in time, but a bet was made on it: {scored}"
        else:
            what = f"in time: the wording of entry {standing.entry.seq} no longer counts"
            standing = later
        yield Remark(
            f"entry {later.entry.seq} reworded it {what}{_reason(later.entry)}", later.is_late
        )


class Droppings:
    """Where registrations of its prediction leave a claim out, and what comes of it."""

    def __init__(
        self,
        wordings: Sequence[Wording],
        registrations: Sequence[PredictionEntry],
        entries: Sequence[ClaimEntry],
        lateness: Lateness,
    ) -> None:
        self._wordings, self._entries, self._lateness = wordings, entries, lateness
        self._saying = {wording.entry.seq for wording in wordings}
        self._registrations = [each for each in registrations if each.seq >= min(self._saying)]

    def remarks(self) -> Iterator[Remark]:
        """Yield each registration that leaves it out and follows one that did not."""
        for before, entry in pairwise(self._registrations):
            if before.seq in self._saying and entry.seq not in self._saying:
                if is_late := self._is_late(entry):
                    what = "when results existed: it is scored"
                elif self._is_held(entry):
                    what = "in time, but a bet was made on it: it is scored"
                else:
                    what = "in time: it is void"
                yield Remark(f"entry {entry.seq} left it out {what}{_reason(entry)}", is_late)

    def is_dropped(self) -> bool:
        """Return whether the last registration that could speak of it leaves it out."""
        said = [
            each.seq in self._saying
            for each in self._registrations
            if not self._is_late(each) and (each.seq in self._saying or not self._is_held(each))
        ]
        return bool(said) and not said[-1]

    def _is_late(self, entry: PredictionEntry) -> bool:
        return self._lateness.applies(entry, in_force(self._wordings).protocols)

    def _is_held(self, entry: PredictionEntry) -> bool:
        before = [each for each in self._wordings if each.entry.seq < entry.seq]
        return bool(made_before(entry.seq, before, in_force(before), self._entries, self._lateness))


def _plain(entry: PredictionEntry, claim: Claim, *, makes_bets: bool) -> Wording:
    """Return a wording as if it were the first of its claim and nothing were known."""
    digests = entry.payload.protocols
    protocols = {name: digests[name] for name in statements_of(claim).protocols}
    hashed = claim_hash(claim, digests)
    return Wording(entry, claim, hashed, protocols, False, False, makes_bets)  # noqa: FBT003


def _after(
    wording: Wording,
    earlier: Sequence[Wording],
    entries: Sequence[ClaimEntry],
    lateness: Lateness,
) -> Wording:
    """Return a wording, knowing what came before it."""
    entry = wording.entry
    if not earlier:
        return wording._replace(is_late=lateness.applies(entry, wording.protocols))
    standing = in_force(earlier)
    # Editing a protocol whose results are known must not make room for another wording.
    is_late = any(lateness.applies(entry, each.protocols) for each in (wording, standing))
    is_held = wording.hash != standing.hash and bool(
        made_before(entry.seq, earlier, standing, entries, lateness)
    )
    return wording._replace(is_late=is_late, is_held=is_held)


def _reason(entry: PredictionEntry) -> str:
    return f" ({entry.payload.reason})" if entry.payload.reason else ""
