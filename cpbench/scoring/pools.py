"""Pools: any number of parties bet against each other; integer cents, summing to zero."""

from collections.abc import Mapping
from fractions import Fraction

from cpbench.scoring.apportioning import apportion
from cpbench.scoring.rules.probabilities import check

ROUNDING = 1e-6
"""What the shares of a pot may be off one in sum."""
RESOLUTION = 10**9
"""Scores are told apart to one in this many: two that are equal but for rounding tie."""


def parimutuel(
    stakes: Mapping[str, int], sides: Mapping[str, str], shares: Mapping[str, float]
) -> dict[str, int]:
    """Return what each party gains where the losers' stakes go to the winners pro rata.

    A pool on one side only, or without anybody on a side that wins, returns all stakes: there is
    nobody to win from, or nobody to win.

    Args:
        stakes: Party to what it put up, in positive cents.
        sides: Party to the side it is on: `yes`, `no`, or an option.
        shares: Side to its share of the pot: 1 for the one that happened, or several that sum to
            one for a claim that is its own probability; empty for one that is undecided.

    Returns:
        Party to cents, positive for a gain; they sum to zero and no loss exceeds its stake.

    Raises:
        ValueError: A stake is not positive, a party has no side, or shares do not sum to one.
    """
    _check(stakes, sides, "side")
    for share in shares.values():
        check(share, "share")
    if shares and abs(sum(shares.values()) - 1) > ROUNDING:
        raise ValueError(f"shares sum to {sum(shares.values()):g}; they must sum to 1")
    on_side: dict[str, int] = {}
    for party, cents in stakes.items():
        on_side[sides[party]] = on_side.get(sides[party], 0) + cents
    winning = {side for side, share in shares.items() if share > 0}
    if not winning or len(on_side) == 1 or not winning <= on_side.keys():
        return dict.fromkeys(stakes, 0)
    weights = {
        party: Fraction(str(shares.get(sides[party], 0))) * cents / on_side[sides[party]]
        for party, cents in stakes.items()
    }
    return _gains(stakes, weights)


def scored(stakes: Mapping[str, int], scores: Mapping[str, float]) -> dict[str, int]:
    """Return what each party gains where all are paid by their score against the pool's mean.

    mᵢ · (sᵢ − s̄), with m the stake, s the score and s̄ the mean score weighted by stakes. With a
    proper score, saying what one believes expects the most, whatever the others say.

    Args:
        stakes: Party to what it put up, in positive cents.
        scores: Party to a score in [0, 1], higher being better: 1 − Brier, or 1 − `brier_sum` / 2.

    Returns:
        Party to cents, positive for a gain; they sum to zero and no loss exceeds its stake.

    Raises:
        ValueError: A stake is not positive, a party has no score, or one is not in [0, 1].

    Source:
        Lambert et al. (2008), the weighted-score mechanism.
    """
    _check(stakes, scores, "score")
    for party in stakes:
        check(scores[party], "score")
    exact = {party: Fraction(scores[party]).limit_denominator(RESOLUTION) for party in stakes}
    pot = sum(stakes.values())
    mean = sum((stakes[party] * score for party, score in exact.items()), Fraction(0)) / pot
    # The weights are what each party takes out, so they sum to the pot.
    return _gains(
        stakes, {party: stakes[party] * (1 + score - mean) for party, score in exact.items()}
    )


def _check(stakes: Mapping[str, int], known: Mapping[str, object], what: str) -> None:
    if not stakes:
        raise ValueError("a pool has no stakes; there must be one or more")
    for party, cents in stakes.items():
        if cents < 1:
            raise ValueError(f"'{party}' puts up {cents} cents; it must be one or more")
        if party not in known:
            raise ValueError(f"'{party}' is in the pool without a {what}; leave it out")


def _gains(stakes: Mapping[str, int], weights: Mapping[str, Fraction]) -> dict[str, int]:
    taken = apportion(sum(stakes.values()), weights)
    return {party: taken[party] - cents for party, cents in stakes.items()}
