"""Apportioning: an amount in whole cents divided by weights, without losing or making a cent."""

from collections.abc import Mapping
from fractions import Fraction


def apportion(cents: int, weights: Mapping[str, Fraction]) -> dict[str, int]:
    """Return whole cents for each party, as near to its share as can be.

    Every party has its share rounded down; the cents that are left go to the largest remainders,
    equal ones in the order of their names.

    Args:
        cents: What is divided, not negative.
        weights: Party to weight, none negative and not all zero.

    Returns:
        Cents per party, in the order of the weights; their sum is `cents`.

    Raises:
        ValueError: The amount or a weight is negative, or all weights are zero.

    Source:
        Hamilton's method of largest remainders.
    """
    total = sum(weights.values(), Fraction(0))
    if cents < 0 or total <= 0 or min(weights.values()) < 0:
        raise ValueError("an amount and its weights are not negative, and one weight is positive")
    quotas = {party: cents * weight / total for party, weight in weights.items()}
    shares = {party: int(quota) for party, quota in quotas.items()}
    left = cents - sum(shares.values())
    by_remainder = sorted(quotas, key=lambda party: (shares[party] - quotas[party], party))
    for party in by_remainder[:left]:
        shares[party] += 1
    return shares
