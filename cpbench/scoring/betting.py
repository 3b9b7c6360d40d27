"""Bets: which of them stand, and what they move when their claim comes out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from cpbench.ledger import ToldStake, parties_of
from cpbench.records.scores import Bet, BetStatus, Claim, Forecast, Outcome, Payment
from cpbench.records.standings import Balance
from cpbench.scoring.losses import fraction_of
from cpbench.scoring.pools import parimutuel, scored
from cpbench.scoring.settlement import settle
from cpbench.specs.stakes import Pool, Stake

HALF = 2
"""A Brier sum lies in [0, 2]; a pool's score in [0, 1]."""


def bets(told: Sequence[ToldStake]) -> tuple[Bet, ...]:
    """Return every bet of a claim, also those that move nothing."""
    return tuple(
        Bet(
            parties=parties_of(each.stake),
            text=text_of(each.stake),
            status=_status(each),
            waiting_for=each.waiting_for,
            currency=each.stake.currency,
        )
        for each in told
    )


def payments(
    told: Sequence[ToldStake], outcome: Outcome, forecasts: Sequence[Forecast]
) -> tuple[Payment, ...]:
    """Return what the bets that are made move; all others move nothing.

    Args:
        told: The claim's bets.
        outcome: How the claim came out.
        forecasts: The claim's forecasts, scored: a scored pool pays by them.
    """
    made = [each.stake for each in told if _status(each) == "made"]
    return tuple(chain.from_iterable(_moved(stake, outcome, forecasts) for stake in made))


def balances(claims: Iterable[Claim]) -> tuple[Balance, ...]:
    """Return what each party has won or lost, by currency; each currency sums to zero."""
    cents: dict[tuple[str, str], int] = {}
    settled: dict[tuple[str, str], int] = {}
    waiting: dict[tuple[str, str], int] = {}
    for claim in claims:
        for payment in claim.payments:
            key = (payment.currency, payment.party)
            cents[key] = cents.get(key, 0) + payment.cents
            settled[key] = settled.get(key, 0) + 1
        for currency, party in _open(claim):
            waiting[currency, party] = waiting.get((currency, party), 0) + 1
    return tuple(
        Balance(
            party=party,
            currency=currency,
            cents=cents.get((currency, party), 0),
            num_settled=settled.get((currency, party), 0),
            num_open=waiting.get((currency, party), 0),
        )
        for currency, party in sorted({*cents, *waiting})
    )


def text_of(stake: Stake | Pool) -> str:
    """Return a bet in words."""
    if isinstance(stake, Stake):
        yes, no = (f"{cents / 100:.2f}" for cents in stake.amounts)
        return f"{stake.yes} {yes} on yes, {stake.no} {no} on no, {stake.currency} ({stake.odds})"
    parts = (f"{bet.by} {bet.stake:.2f}{f' on {bet.on}' if bet.on else ''}" for bet in stake.bets)
    return f"{stake.kind} pool, {stake.currency}: {', '.join(parts)}"


def _status(told: ToldStake) -> BetStatus:
    if told.is_withdrawn:
        return "withdrawn"
    if told.waiting_for:
        return "offered"
    return "late" if told.is_late else "made"


def _open(claim: Claim) -> Iterator[tuple[str, str]]:
    """Yield currency and party of what is offered, or made and not settled."""
    is_pending = claim.outcome.state == "pending"
    for bet in claim.bets:
        if bet.status == "offered" or (bet.status == "made" and is_pending):
            for party in bet.parties:
                yield bet.currency, party


def _moved(
    stake: Stake | Pool, outcome: Outcome, forecasts: Sequence[Forecast]
) -> tuple[Payment, ...]:
    if isinstance(stake, Stake):
        return settle(stake, outcome.state, outcome.fraction)
    if outcome.state == "pending":
        return ()
    cents = {bet.by: bet.cents for bet in stake.bets}
    if stake.kind == "parimutuel":
        sides = {bet.by: str(bet.on) for bet in stake.bets}
        gains = parimutuel(cents, sides, _shares(outcome))
    else:
        gains = _by_score(cents, forecasts)
    return tuple(
        Payment(party=name, cents=gain, currency=stake.currency) for name, gain in gains.items()
    )


def _by_score(cents: Mapping[str, int], forecasts: Sequence[Forecast]) -> dict[str, int]:
    """Return gains by score; where somebody has none, stakes are returned."""
    scores = {
        each.by: 1 - (each.scores["brier_sum"] / HALF if each.brier is None else each.brier)
        for each in forecasts
        if {"brier", "brier_sum"} & each.scores.keys() and not each.theory
    }
    if not cents.keys() <= scores.keys():
        return dict.fromkeys(cents, 0)
    return scored(cents, {name: scores[name] for name in cents})


def _shares(outcome: Outcome) -> dict[str, float]:
    """Return each side's share of the pot; nothing where the claim did not come out."""
    if outcome.state == "option":
        return {outcome.option: 1.0}
    fraction = fraction_of(outcome)
    return {} if fraction is None else {"yes": fraction, "no": 1 - fraction}
