"""Standing by bets: a bet is made when each of its parties has accepted it."""

from collections.abc import Sequence

from cpbench.cli.entering import Done, about, enter
from cpbench.cli.meaning import bet_in_words
from cpbench.errors import UsageError
from cpbench.ledger import AcceptPayload, OfferPayload, ToldClaim, parties_of
from cpbench.project import Project
from cpbench.specs.claims import BinaryClaim
from cpbench.specs.reading import parse
from cpbench.specs.stakes import Stake
from cpbench.specs.validating import one_of, validate


def accept_bets(project: Project, claims: Sequence[ToldClaim], by: str) -> Done:
    """Let a party stand by every bet of its own on some claims.

    Raises:
        UsageError: It has none.
    """
    bets = [(told, bet) for told in claims for bet in told.stakes if not bet.is_withdrawn]
    if not bets:
        names = ", ".join(told.claim.id for told in claims)
        raise UsageError(f"{names} has no bet to stand by; offer one with `cpbench offer`")
    parties = {party for _, bet in bets for party in parties_of(bet.stake)}
    if by not in parties:
        raise UsageError(f"--by: party of a bet there {one_of(by, parties)}")
    waiting = [(told, bet) for told, bet in bets if by in bet.waiting_for]
    payloads = [
        AcceptPayload(**about(project, told), by=by, stake=bet.name) for told, bet in waiting
    ]
    words = [
        f"{by} stands by {bet_in_words(bet.stake)} ({told.claim.id}){_rest(bet.waiting_for, by)}"
        for told, bet in waiting
    ]
    if not payloads:
        return Done((), (f"{by} stands by all its bets there already",))
    return enter(project, payloads, words)


def offer_bet(project: Project, told: ToldClaim, text: str, by: str) -> Done:
    """Offer a bet on a claim.

    Args:
        project: Where the claim is registered.
        told: The claim.
        text: The bet as a prediction file writes it.
        by: The party that offers it.

    Raises:
        SpecError: The text is no bet.
        UsageError: The claim cannot be bet on, the party has no side, or the bet is there already.
    """
    if not isinstance(told.claim, BinaryClaim):
        raise UsageError(
            f"{told.claim.id} is {told.claim.type}; two can bet on a binary claim only"
        )
    stake = validate(Stake, parse(text, "STAKE"))
    if stake.yes == stake.no:
        raise UsageError(f"'{stake.no}' would bet against itself; name another party")
    if by not in parties_of(stake):
        raise UsageError(f"--by: party of the bet {one_of(by, parties_of(stake))}")
    if any(bet.stake == stake and not bet.is_withdrawn for bet in told.stakes):
        raise UsageError("this bet is there already; stand by it with `cpbench accept`")
    payload = OfferPayload(**about(project, told), by=by, stake=stake)
    rest = _rest(parties_of(stake), by)
    return enter(project, [payload], [f"{by} offers {bet_in_words(stake)} ({told.claim.id}){rest}"])


def _rest(waiting_for: Sequence[str], by: str) -> str:
    rest = [party for party in waiting_for if party != by]
    return f"; waits for {', '.join(rest)}" if rest else "; made"
