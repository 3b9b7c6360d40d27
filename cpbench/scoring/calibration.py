"""Calibration: how often what was said with a probability came true."""

import math
from collections.abc import Sequence
from statistics import NormalDist, fmean
from typing import NamedTuple

import numpy as np

from cpbench.records.standings import Bin, Calibration
from cpbench.scoring.rules.forms import NumericForm, central_interval
from cpbench.scoring.rules.probabilities import check

EDGES = (0.0, 0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95, 1.0)
"""Bounds of the bins; each holds its lower bound, the last one holds 1 too."""
LEVEL = 0.95
"""Coverage of the intervals of hit rates."""
COVERAGES = (0.5, 0.8, 0.9)
"""Central shares whose coverage is counted."""
ROUNDING = 1e-12
"""What two probabilities may differ by and be the same."""


class Murphy(NamedTuple):
    """The Brier score taken apart: reliability − resolution + uncertainty."""

    reliability: float
    """Mean squared distance of what was said from how often it came true; lower is better."""
    resolution: float
    """Mean squared distance of how often it came true from the base rate; higher is better."""
    uncertainty: float
    """Of the base rate: not the forecaster's doing."""


class Coverage(NamedTuple):
    """How many outcomes lay inside the central intervals that forecasts stated."""

    stated: float
    """Probability that was said to lie inside."""
    n: int
    """Forecasts that state such an interval."""
    inside: int


def calibrate(
    forecasts: Sequence[tuple[float, bool]], numeric: Sequence[tuple[NumericForm, float]]
) -> Calibration:
    """Return the calibration of forecasts of claims that came out.

    Args:
        forecasts: Probability of yes and whether it came out yes. A claim that comes out as a share
            of draws has no hit and is left out by the caller.
        numeric: Forecast of a number and what it was.

    Raises:
        ValueError: A probability does not lie in [0, 1].
    """
    parts = murphy(forecasts)
    rows = [row for row in coverages(numeric) if row.n]
    return Calibration(
        bins=bins(forecasts),
        n=len(forecasts),
        **(parts._asdict() if parts else {}),
        coverage={f"{row.stated:g}": row.inside / row.n for row in rows},
        num_numeric=len(numeric),
    )


def bins(forecasts: Sequence[tuple[float, bool]]) -> tuple[Bin, ...]:
    """Return the forecasts in fixed bins, from the lowest to the highest; empty ones too.

    Args:
        forecasts: Probability of yes and whether it came out yes.

    Raises:
        ValueError: A probability does not lie in [0, 1].
    """
    groups = _groups(forecasts)
    pairs = zip(EDGES[:-1], EDGES[1:], groups, strict=True)
    return tuple(_bin(low, high, group) for low, high, group in pairs)


def murphy(forecasts: Sequence[tuple[float, bool]]) -> Murphy | None:
    """Return the Brier score in three parts, if each bin holds one probability only.

    With several in a bin the parts would not sum to the score.

    Args:
        forecasts: Probability of yes and whether it came out yes.

    Returns:
        The parts; None if a bin mixes probabilities or there are no forecasts.

    Raises:
        ValueError: A probability does not lie in [0, 1].

    Source:
        Murphy (1973).
    """
    groups = [group for group in _groups(forecasts) if group]
    said = [[probability for probability, _ in group] for group in groups]
    if not groups or any(max(each) - min(each) > ROUNDING for each in said):
        return None
    count = len(forecasts)
    base = fmean(came for _, came in forecasts)
    rates = [fmean(came for _, came in group) for group in groups]
    weights = [len(group) / count for group in groups]
    cells = list(zip(weights, map(fmean, said), rates, strict=True))
    return Murphy(
        reliability=math.fsum(weight * (mean - rate) ** 2 for weight, mean, rate in cells),
        resolution=math.fsum(weight * (rate - base) ** 2 for weight, _, rate in cells),
        uncertainty=base * (1 - base),
    )


def coverages(numeric: Sequence[tuple[NumericForm, float]]) -> tuple[Coverage, ...]:
    """Return how many outcomes lay inside the stated central 50, 80 and 90 % intervals.

    A forecast counts only where it states the interval; none is made up for it.

    Args:
        numeric: Forecast of a number and what it was.
    """
    return tuple(_coverage(numeric, stated) for stated in COVERAGES)


def jeffreys(hits: int, count: int) -> tuple[float, float]:
    """Return the Jeffreys 95 % interval of a rate; 0 hits reach down to 0, no misses up to 1.

    Args:
        hits: How often it happened.
        count: How often it could have.

    Raises:
        ValueError: There are no trials, or the hits do not lie between none and all.

    Source:
        Brown, Cai and DasGupta (2001), section 3.1.3.
    """
    # Not at the top: a score without binary forecasts need not wait for SciPy.
    from scipy.special import betaincinv  # noqa: PLC0415

    _check_counts(hits, count)
    tails = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    low, high = (
        float(bound) for bound in betaincinv(hits + 0.5, count - hits + 0.5, np.array(tails))
    )
    return (low if hits else 0.0), (high if hits < count else 1.0)


def wilson(hits: int, count: int) -> tuple[float, float]:
    """Return the Wilson 95 % interval of a rate.

    Args:
        hits: How often it happened.
        count: How often it could have.

    Raises:
        ValueError: There are no trials, or the hits do not lie between none and all.

    Source:
        Wilson (1927).
    """
    _check_counts(hits, count)
    z = NormalDist().inv_cdf((1 + LEVEL) / 2)
    rate = hits / count
    centre = rate + z**2 / (2 * count)
    reach = z * math.sqrt(rate * (1 - rate) / count + z**2 / (4 * count**2))
    scale = 1 + z**2 / count
    # Exactly 0 and 1 at the ends, where rounding can step outside.
    low = (centre - reach) / scale if hits else 0.0
    return low, (centre + reach) / scale if hits < count else 1.0


def _check_counts(hits: int, count: int) -> None:
    if count < 1 or not 0 <= hits <= count:
        raise ValueError(f"{hits} of {count} is no rate")


def _groups(forecasts: Sequence[tuple[float, bool]]) -> list[list[tuple[float, bool]]]:
    groups: list[list[tuple[float, bool]]] = [[] for _ in EDGES[1:]]
    for probability, came in forecasts:
        check(probability, "probability")
        place = int(np.searchsorted(EDGES[1:-1], probability, side="right"))
        groups[place].append((probability, came))
    return groups


def _bin(low: float, high: float, group: Sequence[tuple[float, bool]]) -> Bin:
    if not group:
        return Bin(low=low, high=high, n=0)
    hits, count = sum(came for _, came in group), len(group)
    return Bin(
        low=low,
        high=high,
        n=count,
        mean_forecast=fmean(probability for probability, _ in group),
        hit_rate=hits / count,
        jeffreys=jeffreys(hits, count),
        wilson=wilson(hits, count),
    )


def _coverage(numeric: Sequence[tuple[NumericForm, float]], stated: float) -> Coverage:
    found = [(central_interval(form, stated), outcome) for form, outcome in numeric]
    inside = [ends[0] <= outcome <= ends[1] for ends, outcome in found if ends is not None]
    return Coverage(stated, len(inside), sum(inside))
