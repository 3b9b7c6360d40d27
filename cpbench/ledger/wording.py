"""Wordings and lateness: what a claim said at each registration, and which results existed then."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from cpbench.ledger.entries import Entry, ForecastEntry, PredictionEntry, ResolveEntry
from cpbench.specs.claims import Claim


class Wording(NamedTuple):
    """A claim as one registration had it."""

    entry: PredictionEntry
    claim: Claim
    hash: str
    protocols: dict[str, str]
    """Those it names, with their digests."""
    is_late: bool
    """Whether results existed, of its protocols or of those of the wording it would replace."""
    is_held: bool
    """Whether a bet stood on the wording it would replace: then that one stays."""
    makes_bets: bool
    """Whether its bets were made by being registered, for acceptances did not exist yet."""


class Remark(NamedTuple):
    """A sentence about what was changed, and whether it was done in time."""

    text: str
    is_late: bool


class Lateness:
    """Which results existed at which entry: those it lists, and those any entry listed before.

    Results that were seen once stay seen, also when their file is gone later. They count for
    every digest under which their protocol was registered by then: a results file does not say
    which one it is of.
    """

    def __init__(self) -> None:
        self._digests: dict[str, set[str]] = {}
        self._first_seen: dict[tuple[str, str], int] = {}

    def note(self, entry: Entry) -> None:
        """Remember the results an entry lists, whatever its kind."""
        if isinstance(entry, PredictionEntry):
            for name, digest in entry.payload.protocols.items():
                self._digests.setdefault(name, set()).add(digest)
        for name in _listed(entry):
            for digest in self._digests.get(name, ()):
                self._first_seen.setdefault((name, digest), entry.seq)

    def applies(self, entry: Entry, protocols: Mapping[str, str]) -> bool:
        """Return whether results of one of the protocols existed at an entry."""
        listed = {*_listed(entry)}
        return bool(listed & protocols.keys()) or any(
            self._first_seen.get(each, entry.seq) < entry.seq for each in protocols.items()
        )


def lateness_of(entries: Sequence[Entry]) -> Lateness:
    """Return which results existed at which entry."""
    lateness = Lateness()
    for entry in entries:
        lateness.note(entry)
    return lateness


def _listed(entry: Entry) -> Iterator[str]:
    """Yield protocols whose results somebody had, as an entry shows."""
    yield from (known.protocol for known in entry.payload.known_results)
    if isinstance(entry, ResolveEntry):
        yield from entry.payload.results
    elif isinstance(entry, ForecastEntry):
        theory = entry.payload.theory
        # A reference was declared as known, or published: it is no result that came since.
        yield from theory.results if theory and theory.information == "early" else ()
