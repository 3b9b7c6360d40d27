"""Odds: five ways of writing the price of a bet on yes, and the stakes that a price asks for.

A price is the share of the pot that the backer of yes puts up, so it is the probability at which
the bet is fair. Prices are exact fractions: stakes must come to whole cents.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

NOTATIONS = "even, p 0.25, 3:1 against, 3:1 on, decimal 4.0, american +300"
"""One example of each notation, for messages."""
EVEN = Fraction(1, 2)
LEAST_AMERICAN = 100
"""American odds say what 100 wins or what wins 100; both are at least 100."""
EXACT_DIGITS, DIGITS = 9, 4
"""Digits behind the point that are read, and that are written where those are not enough."""

_NUMBER = r"[0-9]{1,9}(?:\.[0-9]{1,9})?"
_RATIO = rf"(?P<left>{_NUMBER}):(?P<right>{_NUMBER})"


class FairBet(NamedTuple):
    """A bet at the price midway between two beliefs, in whole cents."""

    price: Fraction
    """Of yes: what the stakes in whole cents come to."""
    is_first_on_yes: bool
    """Whether the first belief is the higher one."""
    yes_cents: int
    no_cents: int
    yes_expects: Fraction
    """Expected gain in cents of the side on yes, by its own belief; always positive."""
    no_expects: Fraction
    """Expected gain in cents of the side on no, by its own belief; always positive."""


def parse_odds(text: str) -> Fraction:
    """Return the price of yes, exactly.

    Args:
        text: `even`, `p 0.25`, `3:1 against`, `3:1 on`, `decimal 4.0` or `american +300`.

    Returns:
        A fraction in (0, 1): 1/4 for all but the first and the fourth example.

    Raises:
        ValueError: It is none of them, or its price is not between 0 and 1.
    """
    for pattern, price_of in _READERS.items():
        match = re.fullmatch(pattern, text)
        if match is not None:
            return price_of(match)
    if re.fullmatch(_RATIO, text) is not None:
        raise ValueError(
            f"odds '{text}' do not say for which side; write '{text} against' or '{text} on'"
        )
    raise ValueError(f"odds {text[:40]!r} are not understood; write one of: {NOTATIONS}")


def notations_of(price: Fraction) -> dict[str, str]:
    """Return a price in five notations, by their names.

    A notation that cannot write the price exactly begins with `≈`, and `parse_odds` refuses it:
    copied into a bet it would be another price. `against` and `on` are always exact.

    Args:
        price: Of yes, in (0, 1).

    Raises:
        ValueError: It is not between 0 and 1.
    """
    _check(price, f"price {price}")
    yes, no = price.numerator, price.denominator - price.numerator
    american = -100 * price / (1 - price) if price > EVEN else 100 * (1 - price) / price
    return {
        "p": _rounded("p ", price),
        "against": f"{no}:{yes} against",
        "on": f"{yes}:{no} on",
        "decimal": _rounded("decimal ", 1 / price),
        "american": _rounded("american ", american, sign="+"),
    }


def stakes_of(odds: str, stake_cents: int) -> tuple[int, int]:
    """Return what the two sides of a bet put up, in cents.

    Args:
        odds: In any notation.
        stake_cents: What the backer of yes puts up.

    Returns:
        The stakes on yes and on no: the price of yes is the first over their sum.

    Raises:
        ValueError: The odds are not understood, the stake is less than one cent, or the stake on
            no does not come to whole cents.
    """
    price = parse_odds(odds)
    if stake_cents < 1:
        raise ValueError(f"stake of {stake_cents} cents: put up at least one cent")
    against = (1 - price) / price
    other = stake_cents * against
    if other.denominator != 1:
        step = against.denominator
        below, above = stake_cents // step * step, (stake_cents // step + 1) * step
        fitting = " or ".join(_money(cents) for cents in (below, above) if cents)
        raise ValueError(
            f"odds '{odds}' with a stake of {_money(stake_cents)} do not come to whole cents on "
            f"the other side; make the stake {fitting}"
        )
    return stake_cents, int(other)


def fair_price(first: float, second: float, pot_cents: int) -> FairBet:
    """Return the bet at which two people who disagree expect to gain the same.

    Its price is midway between their beliefs; each then expects half the distance times the pot,
    up to the rounding of the stakes to cents.

    Args:
        first: One person's probability of yes, in [0, 1].
        second: The other's.
        pot_cents: What they put up together.

    Raises:
        ValueError: A belief is no probability, they agree, or the pot is too small to divide.
    """
    beliefs = [_belief(first), _belief(second)]
    low, high = min(beliefs), max(beliefs)
    if low == high:
        raise ValueError(f"both believe {first}: there is nothing to bet on; ask someone else")
    # Half a cent goes to the side on yes.
    yes_cents = int((low + high) / 2 * pot_cents + EVEN)
    price = Fraction(yes_cents, pot_cents) if pot_cents > 0 else low
    if not low < price < high:
        raise ValueError(
            f"a pot of {_money(pot_cents)} cannot be divided between {first} and {second} in whole "
            "cents; make it larger"
        )
    yes_expects = high * pot_cents - yes_cents
    no_expects = yes_cents - low * pot_cents
    is_first_on_yes = beliefs[0] > beliefs[1]
    return FairBet(
        price, is_first_on_yes, yes_cents, pot_cents - yes_cents, yes_expects, no_expects
    )


def _even(_: re.Match[str]) -> Fraction:
    return EVEN


def _probability(match: re.Match[str]) -> Fraction:
    return _check(Fraction(match["number"]), f"odds '{match[0]}'")


def _ratio(match: re.Match[str]) -> Fraction:
    left, right = Fraction(match["left"]), Fraction(match["right"])
    if not left or not right:
        raise ValueError(f"odds '{match[0]}' have a side of zero; both must be positive")
    return (left if match["side"] == "on" else right) / (left + right)


def _decimal(match: re.Match[str]) -> Fraction:
    multiple = Fraction(match["number"])
    if multiple <= 1:
        raise ValueError(f"odds '{match[0]}' win nothing; decimal odds are greater than 1")
    return 1 / multiple


def _american(match: re.Match[str]) -> Fraction:
    amount = Fraction(match["number"])
    if amount < LEAST_AMERICAN:
        raise ValueError(f"odds '{match[0]}': american odds are +100 or more, or -100 or less")
    return (LEAST_AMERICAN if match["sign"] == "+" else amount) / (amount + LEAST_AMERICAN)


_READERS: Mapping[str, Callable[[re.Match[str]], Fraction]] = {
    "even": _even,
    rf"p (?P<number>{_NUMBER})": _probability,
    rf"{_RATIO} (?P<side>against|on)": _ratio,
    rf"decimal (?P<number>{_NUMBER})": _decimal,
    rf"american (?P<sign>[+-])(?P<number>{_NUMBER})": _american,
}


def _check(price: Fraction, what: str) -> Fraction:
    if not 0 < price < 1:
        raise ValueError(f"{what} is sure of the outcome; a price lies between 0 and 1")
    return price


def _belief(probability: float) -> Fraction:
    """Return a probability as the decimal it is written as: 0.8 is 4/5."""
    if not 0 <= probability <= 1:
        raise ValueError(f"belief {probability} is not a probability; it lies in [0, 1]")
    return Fraction(str(probability))


def _rounded(notation: str, number: Fraction, sign: str = "") -> str:
    exact = _digits(number, EXACT_DIGITS, sign)
    if Fraction(exact) == number:
        return notation + exact
    return f"≈ {notation}{_digits(number, DIGITS, sign)}"


def _digits(number: Fraction, num_digits: int, sign: str) -> str:
    """Return a decimal without zeros at its end."""
    digits = f"{Decimal(number.numerator) / Decimal(number.denominator):{sign}.{num_digits}f}"
    return digits.rstrip("0").rstrip(".")


def _money(cents: int) -> str:
    return f"{cents / 100:.2f}"
