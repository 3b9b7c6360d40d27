"""Money: who pays whom for a claim and over all; integer cents, so every sum is exact."""

from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import NamedTuple

from cpbench.records.scores import Claim
from cpbench.records.standings import Balance
from cpbench.report.markdown import code, escape, folded, table
from cpbench.report.numbers import DASH, money, plural
from cpbench.report.stories import bet_status


class Transfer(NamedTuple):
    """What one party pays another once all bets are netted."""

    payer: str
    payee: str
    cents: int
    currency: str


def payments_text(claim: Claim) -> str:
    """Return who pays whom, over all stakes of the claim."""
    if not claim.payments:
        return DASH
    totals: dict[tuple[str, str], int] = {}
    for one in claim.payments:
        key = (one.currency, one.party)
        totals[key] = totals.get(key, 0) + one.cents
    moved = [(party, cents, currency) for (currency, party), cents in totals.items() if cents]
    if len(moved) == 2 and moved[0][2] == moved[1][2]:  # noqa: PLR2004 - one pays, one receives
        (loser, _, _), (winner, cents, currency) = sorted(moved, key=itemgetter(1))
        return f"{escape(loser)} pays {escape(winner)} {escape(money(cents, currency))}"
    lines = [f"{escape(party)} {_signed(cents, currency)}" for party, cents, currency in moved]
    return "<br>".join(lines) or "stakes returned"


def money_text(claim: Claim) -> str:
    """Return what a claim's bets moved, and what they wait for where they moved nothing."""
    made = sum(bet.status == "made" for bet in claim.bets)
    lines = [payments_text(claim)] if claim.payments else []
    if made and not lines:
        lines.append(f"{plural(made, 'bet')}, open")
    idle = (bet for bet in claim.bets if bet.status != "made")
    return "<br>".join([*lines, *(f"bet {bet_status(bet)}" for bet in idle)]) or DASH


def transfers(balances: Sequence[Balance]) -> tuple[Transfer, ...]:
    """Return one short way to settle all balances: the deepest in debt pays who is owed most."""
    currencies = sorted({one.currency for one in balances})
    return tuple(each for currency in currencies for each in _netted(balances, currency))


def settlement(claims: Sequence[Claim], balances: Sequence[Balance]) -> str:
    """Return balances by party and currency, who pays whom, and every bet; nothing without bets."""
    if not balances:
        return ""
    header = ["Party", "Currency", "Won or lost", "Settled", "Open"]
    rows = [
        [
            escape(one.party),
            escape(one.currency),
            _signed(one.cents),
            str(one.num_settled),
            str(one.num_open),
        ]
        for one in balances
    ]
    parts = ["## Bets and money", table(header, rows, right="llrrr"), zero_sum(balances)]
    return "\n\n".join([*parts, who_pays_whom(balances), folded("Every bet", _bets(claims))])


def who_pays_whom(balances: Sequence[Balance]) -> str:
    """Return the transfers that settle what is won and lost so far, as a list."""
    lines = [
        f"- {escape(one.payer)} pays {escape(one.payee)} {escape(money(one.cents, one.currency))}"
        for one in transfers(balances)
    ]
    if not lines:
        return "So far nobody owes anybody anything."
    netted = "Over all bets that are settled, netted:\n\n"
    return f"{netted}{chr(10).join(lines)}\n\nNothing is moved here; a currency is a label."


def zero_sum(balances: Sequence[Balance]) -> str:
    """Say that the balances of each currency sum to zero, or which do not."""
    sums: dict[str, int] = {}
    for one in balances:
        sums[one.currency] = sums.get(one.currency, 0) + one.cents
    wrong = [escape(money(cents, name)) for name, cents in sums.items() if cents]
    if wrong:
        return (
            f"**These balances sum to {', '.join(wrong)} and not to zero: the record is broken.**"
        )
    return (
        f"Sum of {', '.join(map(escape, sums))}: 0.00, as it must be. Open bets count nothing yet."
    )


def _netted(balances: Sequence[Balance], currency: str) -> Iterator[Transfer]:
    owed = {one.party: one.cents for one in balances if one.currency == currency}
    while True:
        payer = min(owed, key=lambda party: (owed[party], party))
        payee = max(owed, key=lambda party: (owed[party], party))
        cents = min(-owed[payer], owed[payee])
        if cents <= 0:
            return
        owed[payer] += cents
        owed[payee] -= cents
        yield Transfer(payer, payee, cents, currency)


def _bets(claims: Sequence[Claim]) -> str:
    rows = [
        [
            f"{code(claim.prediction)} / {code(claim.id)}",
            escape(bet.text),
            bet_status(bet),
            claim.outcome.state,
        ]
        for claim in claims
        for bet in claim.bets
    ]
    return table(["Claim", "Bet", "Status", "Outcome"], rows)


def _signed(cents: int, currency: str = "") -> str:
    return f"{'+' if cents > 0 else ''}{escape(money(cents, currency))}"
