"""Taking things back, on the record."""

from collections.abc import Iterator
from typing import Literal

from cpbench.cli.entering import Done, about, append_all, given_reason
from cpbench.cli.meaning import bet_in_words
from cpbench.errors import UsageError
from cpbench.ledger import (
    ToldClaim,
    WithdrawPayload,
    claims_of,
    is_by_score,
    made_of,
    parties_of,
    read_ledger,
)
from cpbench.ledger.entries import WithdrawEntry
from cpbench.project import Project
from cpbench.specs.validating import one_of

What = Literal["forecast", "stake", "claim"]


def withdraw_part(project: Project, told: ToldClaim, what: What, by: str, reason: str) -> Done:
    """Withdraw a party's forecast, its bets, or its part in a claim.

    Raises:
        UsageError: The party has nothing of that kind, or no reason is given.
    """
    words = _words(told, what, by)
    payloads = [
        WithdrawPayload(
            **about(project, told), by=by, what=what, stake=name, reason=given_reason(reason)
        )
        for name in words
    ]
    done = append_all(project, payloads, list(words.values()))
    if any(payload.known_results for payload in payloads):
        note = "note: results exist: it is shown as a deviation and changes nothing"
        return Done(done.entries, (note, *done.lines))
    return Done(done.entries, (*done.lines, *_standing(project, told, what)))


def _standing(project: Project, before: ToldClaim, what: What) -> Iterator[str]:
    """Yield what a withdrawal left standing, and who else would have to withdraw."""
    entries = read_ledger(project.ledger)
    told = next(each for each in claims_of(entries) if each.hash == before.hash)
    left = [
        each.payload
        for each in entries
        if isinstance(each, WithdrawEntry) and each.payload.claim_hash == told.hash
    ]
    if what == "claim" and told.is_withdrawn:
        yield "the claim is void now"
    elif what == "claim":
        gone = {each.by for each in left if each.what == "claim"}
        people = [each.by for each in told.forecasts if not (each.theory or each.is_withdrawn)]
        people += [party for bet in made_of(told.stakes) for party in parties_of(bet.stake)]
        rest = ", ".join(party for party in dict.fromkeys(people) if party not in gone)
        yield f"the claim stands until {rest or 'everyone else'} withdraws it, too"
    for bet in made_of(told.stakes) if what == "stake" else ():
        gone = {each.by for each in left if each.stake == bet.name}
        rest = ", ".join(party for party in parties_of(bet.stake) if party not in gone)
        if gone:
            yield f"{bet_in_words(bet.stake)} was made: it stands until {rest} withdraws, too"


def _words(told: ToldClaim, what: What, by: str) -> dict[str | None, str]:
    """Return what is withdrawn, by the name of the bet where it is one, in words."""
    forecasters = {each.by for each in told.forecasts if not each.is_withdrawn}
    bets = [bet for bet in told.stakes if not bet.is_withdrawn]
    bettors = {party for bet in bets for party in parties_of(bet.stake)}
    known = {"forecast": forecasters, "stake": bettors, "claim": forecasters | bettors}[what]
    if by not in known:
        raise UsageError(f"--by: party with a {what} on {told.claim.id} {one_of(by, known)}")
    if what == "forecast" and _pays(told, by):
        raise UsageError(
            f"a pool on {told.claim.id} that was made is paid by the forecast of {by}; it stands"
        )
    if what != "stake":
        thing = "its forecast" if what == "forecast" else "the claim"
        return {None: f"{by} withdraws {thing} on {told.claim.id}"}
    own = [bet for bet in bets if by in parties_of(bet.stake)]
    return {bet.name: f"{by} withdraws from {bet_in_words(bet.stake)}" for bet in own}


def _pays(told: ToldClaim, by: str) -> bool:
    """Return whether a made pool is paid by a party's forecast."""
    pools = (bet.stake for bet in made_of(told.stakes) if is_by_score(bet.stake))
    return any(by in parties_of(pool) for pool in pools)
