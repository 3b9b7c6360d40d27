"""Losses of a forecast of a number, in the number's unit; lower is better.

They have different forms of forecasts, and what they return for different forms cannot be
compared: `forms.quantiles_of` brings all to one grid, on which `wis` ranks them. What happened is a
finite number; one that is only known to lie beyond a bound has no loss.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import NormalDist, fmean

import numpy as np

MIN_LEVELS = 3
ROUNDING = 1e-9
"""What two levels may differ by and be the same."""

_STANDARD = NormalDist()


def pinball(quantile: float, *, level: float, outcome: float) -> float:
    """Return the loss of one quantile: its distance, weighted by the chance of its side.

    Args:
        quantile: The value below which the outcome was said to lie with probability `level`.
        level: In (0, 1).
        outcome: What happened.

    Raises:
        ValueError: The level is not in (0, 1), or a number is not finite.

    Source:
        Koenker and Bassett (1978).
    """
    _check_level(level, "level")
    _check_finite(quantile, outcome)
    above = outcome - quantile
    return level * above if above > 0 else (level - 1) * above


def wis(levels: Sequence[float], quantiles: Sequence[float], *, outcome: float) -> float:
    """Return the weighted interval score: twice the mean pinball loss.

    Args:
        levels: Ascending, in (0, 1).
        quantiles: One per level, ascending; equal neighbours are allowed.
        outcome: What happened.

    Raises:
        ValueError: Levels or quantiles are missing, out of order or not finite.

    Source:
        Bracher et al. (2021), with its default weights; it is twice the mean pinball loss where the
        levels are symmetric about their median, see `grid_fault`.
    """
    if not levels or len(levels) != len(quantiles):
        raise ValueError(f"{len(quantiles)} quantiles for {len(levels)} levels; give one for each")
    if any(low >= high for low, high in pairwise(levels)):
        raise ValueError("levels must ascend")
    if any(low > high for low, high in pairwise(quantiles)):
        raise ValueError("quantiles cross; a higher level needs a value at least as high")
    pairs = zip(levels, quantiles, strict=True)
    return 2 * fmean(pinball(value, level=level, outcome=outcome) for level, value in pairs)


def grid_fault(levels: Sequence[float]) -> str:
    """Return why the score at these levels is no weighted interval score, or nothing.

    Args:
        levels: Ascending, in (0, 1).
    """
    if len(levels) < MIN_LEVELS:
        return f"fewer than {MIN_LEVELS} levels"
    mirrored = [1 - level for level in reversed(levels)]
    if any(abs(one - other) > ROUNDING for one, other in zip(levels, mirrored, strict=True)):
        return "levels are not symmetric about 0.5"
    return "" if len(levels) % 2 else "the level 0.5 is missing"


def interval_score(lower: float, upper: float, *, coverage: float, outcome: float) -> float:
    """Return the width of an interval, plus what a miss costs.

    Args:
        lower: Lower bound.
        upper: Upper bound.
        coverage: Probability said to lie between them, as much being left out on either side.
        outcome: What happened.

    Raises:
        ValueError: The bounds cross or are not finite, or the coverage is not in (0, 1).

    Source:
        Gneiting and Raftery (2007), eq. 43.
    """
    _check_level(coverage, "coverage")
    _check_finite(lower, upper, outcome)
    if lower > upper:
        raise ValueError(f"lower bound {lower:g} is above upper bound {upper:g}")
    miss = max(lower - outcome, 0.0) + max(outcome - upper, 0.0)
    return upper - lower + 2 / (1 - coverage) * miss


def crps_normal(mean: float, sd: float, *, outcome: float) -> float:
    """Return the continuous ranked probability score of a normal forecast, in closed form.

    Args:
        mean: Its mean.
        sd: Its standard deviation, positive.
        outcome: What happened.

    Raises:
        ValueError: A number is not finite, or the deviation is not positive.

    Source:
        Gneiting et al. (2005), closed form for a normal.
    """
    z = _standardised(mean, sd, outcome)
    # Not the distance as z·sd: a narrow forecast far off would overflow.
    distance = (outcome - mean) * (2 * _STANDARD.cdf(z) - 1)
    return distance + sd * (2 * _STANDARD.pdf(z) - 1 / math.sqrt(math.pi))


def log_loss_normal(mean: float, sd: float, *, outcome: float) -> float:
    """Return the negative logarithm of a normal forecast's density, in nats; it may be negative.

    Args:
        mean: Its mean.
        sd: Its standard deviation, positive.
        outcome: What happened.

    Raises:
        ValueError: A number is not finite, or the deviation is not positive.

    Source:
        Good (1952).
    """
    z = _standardised(mean, sd, outcome)
    return math.log(sd * math.sqrt(2 * math.pi)) + z * z / 2


def crps_ensemble(members: Sequence[float], *, outcome: float, fair: bool = False) -> float:
    """Return the continuous ranked probability score of draws from a forecast.

    Mean distance to the outcome, less half the mean distance between two members. The energy form
    counts the members as the forecast itself, a member's distance to itself among them; the fair
    form estimates the score of what they were drawn from, and may be negative.

    Args:
        members: Draws.
        outcome: What happened.
        fair: Whether to take the fair form, which needs two members.

    Raises:
        ValueError: There are too few members, or a number is not finite.

    Source:
        Gneiting and Raftery (2007), eq. 21; Ferro (2014) for the fair form.
    """
    _check_finite(outcome, *members)
    count = len(members)
    if count < 1 + fair:
        raise ValueError(f"{count} members are too few; give {1 + fair} or more")
    ordered = np.sort(np.asarray(members, dtype=np.float64))
    # The sum of |xᵢ − xⱼ| over pairs i < j, each ordered value counted as often as it is the larger
    # less as often as it is the smaller.
    ranks = 2 * np.arange(count) - (count - 1)
    spread = float(ranks @ ordered)
    pairs = count * (count - 1) if fair else count**2
    return float(np.abs(ordered - outcome).mean()) - spread / pairs


def absolute_error(value: float, *, outcome: float) -> float:
    """Return the distance of a point forecast from what happened.

    Args:
        value: The forecast; a median expects the least loss.
        outcome: What happened.

    Raises:
        ValueError: A number is not finite.
    """
    _check_finite(value, outcome)
    return abs(value - outcome)


def _standardised(mean: float, sd: float, outcome: float) -> float:
    _check_finite(mean, sd, outcome)
    if sd <= 0:
        raise ValueError(f"standard deviation {sd:g} is not positive")
    return (outcome - mean) / sd


def _check_level(level: float, name: str) -> None:
    if not 0 < level < 1:
        raise ValueError(f"{name} {level} is not between 0 and 1")


def _check_finite(*numbers: float) -> None:
    # A number that is not finite would become a score that is not, and nobody would see it.
    if not all(map(math.isfinite, numbers)):
        raise ValueError("a forecast and an outcome need finite numbers")
