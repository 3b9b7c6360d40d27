"""Forms of a numeric forecast, each scored by its own rule, all ranked on one grid of quantiles."""

from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import NamedTuple, TypeAlias

import numpy as np

from cpbench.scoring.rules.numeric import (
    ROUNDING,
    absolute_error,
    crps_normal,
    interval_score,
    wis,
)
from cpbench.specs.forecasts import CentralInterval, Normal

LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""The grid on which forecasts of different forms are ranked."""

NumericForm: TypeAlias = Normal | CentralInterval | Mapping[str, float] | float
"""A normal, an interval, quantiles as a mapping of level to value, or a point."""


class Grid(NamedTuple):
    """A forecast as quantiles at given levels."""

    quantiles: tuple[float, ...]
    """One per level, ascending."""
    assumption: str = ""
    """What was assumed beyond what the forecaster wrote, if anything: to be shown beside it."""


class OwnLoss(NamedTuple):
    """The loss of a forecast under the rule of its own form, in the claim's unit."""

    rule: str
    """`crps`, `interval_score`, `wis` or `absolute_error`."""
    value: float


def own_loss(form: NumericForm, *, outcome: float) -> OwnLoss:
    """Return the loss of a forecast as it was written; different rules do not compare.

    Args:
        form: The forecast.
        outcome: What happened, finite.

    Raises:
        ValueError: The forecast or the outcome is not what its rule needs.
    """
    match form:
        case Normal(mean=mean, sd=sd):
            return OwnLoss("crps", crps_normal(mean, sd, outcome=outcome))
        case CentralInterval(lower=lower, upper=upper, coverage=coverage):
            score = interval_score(lower, upper, coverage=coverage, outcome=outcome)
            return OwnLoss("interval_score", score)
        case Mapping():
            levels, values = _stated(form)
            return OwnLoss("wis", wis(levels, values, outcome=outcome))
        case _:
            return OwnLoss("absolute_error", absolute_error(form, outcome=outcome))


def quantiles_of(form: NumericForm, levels: Sequence[float] = LEVELS) -> Grid:
    """Return any form of forecast as quantiles at given levels.

    A normal has them exactly. An interval is taken as the normal whose central interval it is. A
    point is all of its quantiles. Quantiles between two stated ones lie on the straight line
    between them; beyond the outermost there is nothing to go by, so they are held there, which is
    the narrowest reading of what was said.

    Args:
        form: The forecast.
        levels: Ascending, in (0, 1).
    """
    match form:
        case Normal():
            return _of_normal(form.mean, form.sd, levels)
        case CentralInterval(lower=lower, upper=upper, coverage=coverage):
            reach = NormalDist().inv_cdf((1 + coverage) / 2)
            grid = _of_normal((lower + upper) / 2, (upper - lower) / 2 / reach, levels)
            return grid._replace(assumption="the normal that has this central interval")
        case Mapping():
            stated, values = _stated(form)
            quantiles = np.interp(levels, stated, values)
            return Grid(tuple(map(float, quantiles)), _gaps(stated, levels))
        case _:
            return Grid((float(form),) * len(levels), "a point is sure of its value")


def central_interval(form: NumericForm, coverage: float) -> tuple[float, float] | None:
    """Return the central interval that a forecast states, or None if it states none of that kind.

    Args:
        form: The forecast: a normal states all of them, quantiles those between two of theirs, an
            interval itself, a point none.
        coverage: Probability inside, in (0, 1).
    """
    ends = ((1 - coverage) / 2, (1 + coverage) / 2)
    match form:
        case Normal(mean=mean, sd=sd):
            law = NormalDist(mean, sd)
            return law.inv_cdf(ends[0]), law.inv_cdf(ends[1])
        case CentralInterval(lower=lower, upper=upper):
            return (lower, upper) if abs(form.coverage - coverage) < ROUNDING else None
        case Mapping():
            levels, values = _stated(form)
            places = [_place(levels, end) for end in ends]
            found = [values[place] for place in places if place is not None]
            return (found[0], found[1]) if len(found) == len(ends) else None
        case _:
            return None


def _of_normal(mean: float, sd: float, levels: Sequence[float]) -> Grid:
    law = NormalDist(mean, sd)
    return Grid(tuple(law.inv_cdf(level) for level in levels))


def _stated(quantiles: Mapping[str, float]) -> tuple[list[float], list[float]]:
    """Return levels and values, ascending by level."""
    pairs = sorted((float(level), value) for level, value in quantiles.items())
    return [level for level, _ in pairs], [value for _, value in pairs]


def _gaps(stated: Sequence[float], levels: Sequence[float]) -> str:
    if levels[0] < stated[0] - ROUNDING or levels[-1] > stated[-1] + ROUNDING:
        return "tails held at the outermost stated quantiles"
    between = any(_place(stated, level) is None for level in levels)
    return "straight lines between the stated quantiles" if between else ""


def _place(levels: Sequence[float], wanted: float) -> int | None:
    near = (index for index, level in enumerate(levels) if abs(level - wanted) < ROUNDING)
    return next(near, None)
