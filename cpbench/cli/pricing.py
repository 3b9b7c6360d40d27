"""What `cpbench odds` works out."""

from collections.abc import Sequence
from fractions import Fraction

from cpbench.errors import UsageError
from cpbench.specs.odds import fair_price, notations_of, parse_odds
from cpbench.specs.stakes import cents_of

EXAMPLE = "cpbench odds ann=0.8 bob=0.5 --pot 20"
TWO = 2


def price(words: Sequence[str]) -> dict[str, object]:
    """Return a price in every notation.

    Raises:
        UsageError: The words are no odds.
    """
    try:
        return dict(notations_of(parse_odds(" ".join(words))))
    except ValueError as error:
        raise UsageError(str(error)) from error


def fair_bet(words: Sequence[str], pot: float | None) -> dict[str, object]:
    """Return the bet midway between two beliefs.

    Raises:
        UsageError: They are not two beliefs that differ, or the pot cannot be divided.
    """
    if len(words) != TWO or pot is None:
        raise UsageError(f"a bet needs two beliefs and a pot: {EXAMPLE}")
    (one, first), (other, second) = map(_belief, words)
    try:
        bet = fair_price(first, second, cents_of(pot))
    except ValueError as error:
        raise UsageError(str(error)) from error
    yes, no = (one, other) if bet.is_first_on_yes else (other, one)
    notations = notations_of(bet.price)
    return {
        "price of yes": notations["p"],
        "odds of yes": notations["against"],
        "on yes": f"{yes} puts up {bet.yes_cents / 100:.2f}, expects {_signed(bet.yes_expects)}",
        "on no": f"{no} puts up {bet.no_cents / 100:.2f}, expects {_signed(bet.no_expects)}",
        "in a spec": f"{{yes: {yes}, no: {no}, odds: '{notations['against']}', "
        f"stake: {bet.yes_cents / 100:.2f}, currency: USD}}",
    }


def _belief(word: str) -> tuple[str, float]:
    name, _, number = word.partition("=")
    try:
        return name, float(number)
    except ValueError as error:
        raise UsageError(f"'{word}' is not NAME=PROBABILITY; write as in {EXAMPLE}") from error


def _signed(cents: Fraction) -> str:
    return f"{float(cents) / 100:+.2f}"
