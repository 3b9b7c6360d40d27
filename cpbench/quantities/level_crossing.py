"""Where a curve has lost a share of what it will lose: half way down, or ninety percent of the way.

    level = baseline − share · (baseline − floor)

The position is where the mean curve first crosses the level, linearly between removal epochs. The
floor is the plateau, or the accuracy when the deficit is never removed. A curve that has not shown
its plateau may fall further, so its true level is lower, and its crossing later, than at the level
reached so far: the position is bounded from below only.

Source: model-free interpolation, as an EC50 is read off a dose-response curve.
"""

import numpy as np

from cpbench.quantities.broken_stick import fit_sticks
from cpbench.quantities.estimates import Bounds
from cpbench.quantities.resampling import View
from cpbench.quantities.series import CURVE, Floats


def crossing_bounds(view: View, share: float, floor: str) -> Bounds:
    """Return where the curve first crosses the level.

    Args:
        view: The series; it has the controls that the floor and the baseline need.
        share: Share of the way from the baseline down to the floor, in (0, 1).
        floor: `plateau` or `never`.
    """
    removals, curves = view.series.removals, view.control(CURVE)
    top = view.control("no_deficit")[:, -1]
    stick = fit_sticks(removals, curves)
    bottom = stick.level if floor == "plateau" else view.control("never_removed")[:, -1]
    level = top - share * (top - bottom)
    crossing = first_crossing(removals, curves, level)
    is_right = np.isnan(crossing) | (~stick.has_plateau if floor == "plateau" else False)
    low = np.where(np.isnan(crossing), removals[-1], crossing)
    high = np.where(is_right, np.inf, crossing)
    return Bounds(
        low, high, (curves[:, 0] <= level) & ~is_right, is_right, stick.has_drop & (top > bottom)
    )


def first_crossing(removals: Floats, curves: Floats, level: Floats) -> Floats:
    """Return the first position at which each curve is down at its level, NaN where it never is.

    Args:
        removals: Removal epochs, increasing; shape [removals].
        curves: Percent; shape [samples, removals].
        level: Percent; shape [samples].
    """
    below = curves <= level[:, None]
    after = below.argmax(axis=1)
    before = np.maximum(after - 1, 0)
    each = np.arange(len(curves))
    fall = curves[each, before] - curves[each, after]
    share = (curves[each, before] - level) / np.where(fall > 0, fall, 1.0)
    position = removals[before] + np.where(after > 0, share, 0.0) * (
        removals[after] - removals[before]
    )
    return np.where(below.any(axis=1), position, np.nan)
