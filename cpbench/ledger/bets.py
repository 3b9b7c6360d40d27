"""Bets: which stakes and pools there are on a claim, who stands by them, and since when.

A bet is made when the last of its parties accepts it. Once made, only all of them together undo it.
Entries are replayed in their order, so that nobody can accept what was gone by then.
"""

from collections.abc import Iterable, Iterator, Sequence

from cpbench.digests import digest
from cpbench.ledger.entries import AcceptEntry, ClaimEntry, OfferEntry, WithdrawEntry
from cpbench.ledger.told import ToldStake
from cpbench.ledger.wording import Lateness, Remark, Wording
from cpbench.specs.claims import BinaryClaim, Claim
from cpbench.specs.stakes import Pool, Stake


def bet_name(bet: Stake | Pool, claim_hash: str) -> str:
    """Return what names a bet on this very claim in the ledger."""
    if isinstance(bet, Stake):
        return bet.named(claim_hash)
    return digest({"claim": claim_hash, "pool": bet.json_value()})


def parties_of(bet: Stake | Pool) -> tuple[str, ...]:
    """Return who has to stand by a bet."""
    return (bet.yes, bet.no) if isinstance(bet, Stake) else tuple(each.by for each in bet.bets)


def is_by_score(bet: Stake | Pool) -> bool:
    """Return whether a bet is paid by its parties' forecasts."""
    return isinstance(bet, Pool) and bet.kind == "scored"


def bets_of(
    wordings: Sequence[Wording],
    standing: Wording,
    entries: Sequence[ClaimEntry],
    lateness: Lateness,
) -> tuple[tuple[ToldStake, ...], tuple[Remark, ...]]:
    """Return a claim's bets in the order they came up, and remarks on those that were undone.

    Args:
        wordings: Every registration of the claim.
        standing: The wording in force: bets on another wording are bets on another claim.
        entries: What was said of it outside of registrations.
        lateness: Which results existed when.
    """
    books: dict[str, _Book] = {}
    same = [wording for wording in wordings if wording.hash == standing.hash]
    about = [
        entry
        for entry in entries
        if entry.payload.claim_hash == standing.hash and _can_be(entry, standing.claim)
    ]
    events = {wording.entry.seq: wording for wording in same} | {each.seq: each for each in about}
    for _, event in sorted(events.items()):
        if isinstance(event, Wording):
            _register(books, event)
        else:
            _enter(books, event, is_late=lateness.applies(event, standing.protocols))
    _replace_pools(list(books.values()))
    told = tuple(book.told(name) for name, book in books.items())
    return told, tuple(remark for book in books.values() for remark in book.remarks)


def made_before(
    seq: int,
    wordings: Sequence[Wording],
    standing: Wording,
    entries: Sequence[ClaimEntry],
    lateness: Lateness,
) -> tuple[ToldStake, ...]:
    """Return the bets that all their parties stood by, in time, when an entry was made."""
    told, _ = bets_of(
        [wording for wording in wordings if wording.entry.seq < seq],
        standing,
        [entry for entry in entries if entry.seq < seq],
        lateness,
    )
    return tuple(made_of(told))


def made_of(stakes: Iterable[ToldStake]) -> Iterator[ToldStake]:
    """Yield bets that all their parties stand by, in time."""
    for told in stakes:
        if not (told.waiting_for or told.is_late or told.is_withdrawn):
            yield told


class _Book:
    """One bet, and what its parties did."""

    def __init__(self, bet: Stake | Pool, seq: int, *, is_late: bool) -> None:
        self.bet, self.seq, self.is_late = bet, seq, is_late
        self.parties = parties_of(bet)
        self.accepted, self.left = set[str](), set[str]()
        self.is_listed = self.is_offered = self.is_withdrawn = False
        self.remarks: list[Remark] = []

    @property
    def is_made(self) -> bool:
        """Whether everyone stands by it."""
        return self.accepted == {*self.parties}

    def accept(self, by: str, *, is_late: bool) -> None:
        """Let a party stand by it, as if it had never left."""
        if by not in self.parties or self.is_withdrawn:
            return
        self.left.discard(by)
        if not self.is_made:
            self.accepted.add(by)
            self.is_late = is_late

    def withdraw(self, entry: WithdrawEntry, *, is_late: bool) -> None:
        """Let a party leave: alone before it is made, together after, never when results exist."""
        by, why = entry.payload.by, entry.payload.reason
        if by not in self.parties or self.is_withdrawn:
            return
        if is_late:
            what = "when results existed: it stands"
        elif self.is_made and self.left | {by} != {*self.parties}:
            self.left.add(by)
            what = "that was made: it stands unless all parties withdraw"
        else:
            self.left.add(by)
            self.is_withdrawn = self.is_made
            what = "in time"
        if not self.is_made:
            self.accepted.discard(by)
        text = f"entry {entry.seq}: {by} withdrew from a bet {what} ({why})"
        self.remarks.append(Remark(text, is_late))

    def enter_file(self) -> None:
        """Take it that a registration lists it; what all parties undid does not come back."""
        self.is_listed, self.is_withdrawn = True, self.is_withdrawn and self.is_made

    def offer(self, by: str, *, is_late: bool) -> None:
        """Take it that a party offers it: it needs no file from now on."""
        self.is_offered, self.is_withdrawn = True, self.is_withdrawn and self.is_made
        self.accept(by, is_late=is_late)

    def leave_file(self, seq: int) -> None:
        """Take it that a registration no longer lists it."""
        if not self.is_listed or self.is_offered:
            return
        self.is_listed = False
        fate = "it stands, for it was made" if self.is_made else "it is withdrawn"
        self.is_withdrawn = self.is_withdrawn or not self.is_made
        self.remarks.append(Remark(f"entry {seq} no longer lists a bet: {fate}", is_late=False))

    def told(self, name: str) -> ToldStake:
        """Return how it stands; a bet that waits is withdrawn by anybody who left."""
        waiting = tuple(party for party in self.parties if party not in self.accepted)
        is_undone = self.is_withdrawn or (not self.is_made and bool(self.left))
        return ToldStake(self.bet, self.seq, waiting, self.is_late, is_undone, name)


def _register(books: dict[str, _Book], wording: Wording) -> None:
    """Enter what a registration lists, and what it no longer lists, unless it comes too late."""
    listed = {bet_name(bet, wording.hash): bet for bet in _bets(wording.claim)}
    for name, bet in listed.items():
        if name not in books:
            books[name] = _Book(bet, wording.entry.seq, is_late=wording.is_late)
            books[name].accepted |= {*books[name].parties} if wording.makes_bets else set()
        books[name].enter_file()
    for name, book in books.items():
        if name not in listed and not wording.is_late:
            book.leave_file(wording.entry.seq)


def _enter(books: dict[str, _Book], entry: ClaimEntry, *, is_late: bool) -> None:
    if isinstance(entry, OfferEntry):
        name = bet_name(entry.payload.stake, entry.payload.claim_hash)
        book = books.setdefault(name, _Book(entry.payload.stake, entry.seq, is_late=is_late))
        book.offer(entry.payload.by, is_late=is_late)
    elif isinstance(entry, AcceptEntry) and (book := books.get(entry.payload.stake)):
        book.accept(entry.payload.by, is_late=is_late)
    elif isinstance(entry, WithdrawEntry) and (book := books.get(entry.payload.stake or "")):
        book.withdraw(entry, is_late=is_late)


def _can_be(entry: ClaimEntry, claim: Claim) -> bool:
    """Only what comes out yes or no can be bet on between two."""
    return isinstance(claim, BinaryClaim) or not isinstance(entry, OfferEntry)


def _replace_pools(books: Sequence[_Book]) -> None:
    """A pool gives way to a later one that all its parties made, too."""
    made = [
        book
        for book in books
        if isinstance(book.bet, Pool) and book.is_made and not (book.is_late or book.is_withdrawn)
    ]
    for number, book in enumerate(made):
        if any({*book.parties} <= {*later.parties} for later in made[number + 1 :]):
            book.is_withdrawn = True


def _bets(claim: Claim) -> Iterator[Stake | Pool]:
    if isinstance(claim, BinaryClaim):
        yield from claim.stakes
    if claim.pool is not None:
        yield claim.pool
