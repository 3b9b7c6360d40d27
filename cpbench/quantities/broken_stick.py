"""The flat broken stick: a falling line up to a break, then level; the primary estimator.

    y(x) = level + slope · min(x − break, 0),  slope < 0

Source: Hudson (1966), Fitting segmented curves whose join points have to be estimated: the
least-squares break is a point of the grid or, inside an interval, where the two free pieces cross.
"""

from typing import NamedTuple

import numpy as np

from cpbench.quantities.estimates import Bounds
from cpbench.quantities.resampling import View
from cpbench.quantities.series import CURVE, Flags, Floats

MIN_REMOVALS = 5
MIN_PLATEAU = 3
"""Removal points on the level piece, without which the curve may still be falling."""
MIN_DELTA_BIC = 6.0
"""Evidence for a drop that counts as strong: Kass & Raftery (1995), §3.2."""
NOISE_FLOOR = 1e-9
"""Squared percent, far below what a reading resolves: keeps an exact fit's logarithm finite."""


class Stick(NamedTuple):
    """The best stick of each sample; shape [samples]."""

    position: Floats
    """The break, in epochs."""
    level: Floats
    """Percent."""
    has_drop: Flags
    """The stick beats a constant by `MIN_DELTA_BIC`; else the other fields mean nothing."""
    has_plateau: Flags
    """At least `MIN_PLATEAU` removal points lie at or beyond the break."""
    is_first: Flags
    """The break lies in the first interval, where any place fits alike."""


class _Fit(NamedTuple):
    error: Floats
    """Sum of squares; infinite where the candidate is not a falling stick."""
    position: Floats
    level: Floats


def stick_of(view: View) -> Stick:
    """Return the stick of a view's mean curve in each sample."""
    return view.once("stick", lambda: fit_sticks(view.series.removals, view.control(CURVE)))


def fit_sticks(removals: Floats, curves: Floats) -> Stick:
    """Return the least-squares stick of each curve.

    Args:
        removals: Removal epochs, increasing; shape [removals].
        curves: Mean accuracies in percent; shape [samples, removals].
    """
    last = len(removals) - 1
    knots = [_knot(removals, curves, index) for index in range(1, last + 1)]
    inner = [_crossing(removals, curves, index) for index in range(1, last)]
    candidates = [*knots, *inner]
    errors = np.stack([each.error for each in candidates])
    best = errors.argmin(axis=0)
    each = np.arange(len(curves))
    position = np.stack([candidate.position for candidate in candidates])[best, each]
    level = np.stack([candidate.level for candidate in candidates])[best, each]
    return Stick(
        position=position,
        level=level,
        has_drop=_beats_constant(errors[best, each], curves),
        has_plateau=position <= removals[-MIN_PLATEAU],
        is_first=best == 0,
    )


def stick_bounds(removals: Floats, stick: Stick) -> Bounds:
    """Return where the break lies.

    Without a plateau of three points it lies somewhere beyond the last place that would have left
    three; in the first interval it may lie anywhere.
    """
    is_right = ~stick.has_plateau
    low = np.where(
        is_right, removals[-MIN_PLATEAU], np.where(stick.is_first, removals[0], stick.position)
    )
    high = np.where(is_right, np.inf, np.where(stick.is_first, removals[1], stick.position))
    return Bounds(low, high, stick.is_first, is_right, stick.has_drop)


def _knot(removals: Floats, curves: Floats, index: int) -> _Fit:
    """The best stick that breaks at a removal epoch: ordinary least squares on one hinge."""
    hinge = np.minimum(removals - removals[index], 0.0)
    centred = hinge - hinge.mean()
    mean = curves.mean(axis=1)
    slope = curves @ centred / (centred @ centred)
    residuals = curves - mean[:, None] - slope[:, None] * centred
    error = np.where(slope < 0, (residuals**2).sum(axis=1), np.inf)
    return _Fit(error, np.full(len(curves), removals[index]), mean - slope * hinge.mean())


def _crossing(removals: Floats, curves: Floats, index: int) -> _Fit:
    """The best stick that breaks strictly between a removal epoch and the next: two free pieces."""
    early, late = curves[:, : index + 1], curves[:, index + 1 :]
    x = removals[: index + 1] - removals[: index + 1].mean()
    level, mean = late.mean(axis=1), early.mean(axis=1)
    slope = early @ x / (x @ x)
    squares = ((early - mean[:, None] - slope[:, None] * x) ** 2).sum(axis=1)
    squares += ((late - level[:, None]) ** 2).sum(axis=1)
    falls = slope < 0
    position = removals[: index + 1].mean() + (level - mean) / np.where(falls, slope, -1.0)
    inside = falls & (position > removals[index]) & (position < removals[index + 1])
    return _Fit(np.where(inside, squares, np.inf), position, level)


def _beats_constant(error: Floats, curves: Floats) -> Flags:
    """BIC of a constant (1 parameter) minus that of the stick (3): n ln(SSE₀/SSE₁) − 2 ln n."""
    n = curves.shape[1]
    constant = ((curves - curves.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    ratio = np.maximum(constant, NOISE_FLOOR) / np.maximum(error, NOISE_FLOOR)
    with np.errstate(invalid="ignore"):
        return n * np.log(np.maximum(ratio, NOISE_FLOOR)) - 2 * np.log(n) > MIN_DELTA_BIC
