"""Correlations over the removal points of the mean curve: columns, ranks, and when there is none.

A correlation with the epoch of removal is near-automatic on a falling curve: compare with it, or
take it out with `partial_spearman`.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from cpbench.quantities.damage import damages
from cpbench.quantities.estimates import Estimate, unknown
from cpbench.quantities.metrics import (
    ambiguity,
    means_of,
    metric_of,
    num_seeds_of,
    sources_of,
    values_of,
)
from cpbench.quantities.resampling import View
from cpbench.quantities.series import CURVE, Floats
from cpbench.specs.quantities import Arguments

MIN_POINTS = 5
"""Removal points without which a correlation says nothing: four in order are luck 1 time in 12."""
TIE_DIGITS = 9
"""Decimals at which two means are one value: what round-off may move."""
FLAT = 1e-9
"""A spread below this is a constant."""

OWN_COLUMNS = {"removal", "damage", "final_accuracy"}

Coefficient = Callable[..., Floats]


class _Column(NamedTuple):
    means: Floats
    """Shape [samples, removals]; NaN where there is no number."""
    num_seeds: tuple[int, ...]
    """By removal epoch."""


def correlated(view: View, arguments: Arguments, coefficient: Coefficient) -> Estimate:
    """Return a coefficient of the columns a claim names, in every sample.

    Args:
        view: The series, with the controls that its columns need.
        arguments: The columns `x`, `y` and perhaps `given`, and `of`, a measurement.
        coefficient: From columns of shape [samples, points] to [samples]; NaN where undefined.
    """
    names = [str(arguments[key]) for key in ("x", "y", "given") if key in arguments]
    of = str(arguments.get("of", ""))
    if problem := _problem(view, names, of):
        return unknown(view, "invalid", problem)
    columns = [_column(view, name, of) for name in names]
    used = np.all([~np.isnan(column.means[0]) for column in columns], axis=0)
    if used.sum() < MIN_POINTS:
        note = f"{used.sum()} removal points have {' and '.join(names)}; {MIN_POINTS} are needed"
        return unknown(view, "invalid", note)
    points = [np.round(column.means[:, used], TIE_DIGITS) for column in columns]
    if flat := [n for n, each in zip(names, points, strict=True) if _spread(each[0]) < FLAT]:
        return unknown(view, "invalid", f"{flat[0]} is the same at every removal point")
    values = coefficient(*points)
    if np.isnan(values[0]):
        return unknown(view, "invalid", f"{' and '.join(names)} have no such correlation")
    num_seeds = min(np.asarray(column.num_seeds)[used].min() for column in columns)
    note = "" if used.all() else f"over {used.sum()} of {used.size} removal points"
    return Estimate(values, values, "ok", note, int(num_seeds))


def product_moment(x: Floats, y: Floats) -> Floats:
    """Return Pearson's coefficient of each row, NaN where a column is constant; shape [samples]."""
    x, y = (each - each.mean(axis=1, keepdims=True) for each in (x, y))
    spread = np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))
    with np.errstate(invalid="ignore"):
        return np.clip((x * y).sum(axis=1) / np.where(spread > 0, spread, np.nan), -1, 1)


def ranks(values: Floats) -> Floats:
    """Return ranks from 1 within each row, the mean rank for ties; shape [samples, points]."""
    below = (values[:, :, None] > values[:, None, :]).sum(axis=2)
    not_above = (values[:, :, None] >= values[:, None, :]).sum(axis=2)
    found = (below + not_above + 1) / 2
    return np.where(np.isnan(values).any(axis=1, keepdims=True), np.nan, found)


def _problem(view: View, names: Sequence[str], of: str) -> str:
    metrics = [metric_of(name) for name in names if name not in OWN_COLUMNS]
    problems = (ambiguity(view.series, each, of) for each in metrics)
    sources = {source for each in metrics for source in sources_of(view.series, each)}
    stray = f"no column comes from {of}" if of and of not in sources else ""
    return next(filter(None, problems), stray)


def _column(view: View, name: str, of: str) -> _Column:
    series = view.series
    whole = (view.num_seeds,) * len(series.removals)
    match name:
        case "removal":
            shape = (len(view.samples.weights), len(series.removals))
            return _Column(np.broadcast_to(series.removals, shape), whole)
        case "damage":
            return _Column(damages(view), whole)
        case "final_accuracy":
            return _Column(view.control(CURVE), whole)
        case _:
            values = values_of(series, metric_of(name), of)
            return _Column(means_of(view, values), num_seeds_of(view, values))


def _spread(values: Floats) -> float:
    return float(values.max() - values.min())
