"""Where a curve has lost a share of what it will lose: half way down, or ninety percent of the way.

    level = baseline − share · (baseline − floor)

The position is where the mean curve first crosses the level, linearly between removal epochs.
Floors:

- `plateau`: the level of the flat broken stick. That is a model's number: with it, drop90 shares
  the stick's errors and is no independent check on it.
- `tail`: the median of the last four removal points. Model-free, so this is what to check the stick
  with. It takes seven removal points: four for the floor and three to fall along.
- `never`: the accuracy when the deficit is never removed.
- `absolute`: a level in percent that the claim names. The end is where that level itself is
  crossed, half is half way down to it. No model decides whether there is a drop: a curve that stays
  above the level is censored.

A curve that may fall further has a lower level and a later crossing than now appears: where the
stick has no plateau, or the crossing lies within the tail, it is bounded from below only.

Source: model-free interpolation, as an EC50 is read off a dose-response curve.
"""

from typing import NamedTuple

import numpy as np

from cpbench.quantities.broken_stick import stick_of
from cpbench.quantities.estimates import Bounds
from cpbench.quantities.resampling import View
from cpbench.quantities.series import CURVE, Flags, Floats
from cpbench.specs.quantities import Arguments

NUM_TAIL = 4
"""Removal points whose median is the tail's level."""
MIN_TAILED = 7
"""Removal points without which the tail is most of the curve."""


class _Floor(NamedTuple):
    """Where the way down ends in each sample; shape [samples]."""

    level: Floats
    """Percent."""
    has_drop: Flags
    last: Floats
    """A crossing beyond this epoch shows that the curve may fall further."""


def crossing_bounds(view: View, share: float, arguments: Arguments) -> Bounds:
    """Return where the curve first crosses the level.

    Args:
        view: The series; it has the controls that the floor and the baseline need.
        share: Share of the way from the baseline down to the floor, in (0, 1].
        arguments: Those of the quantity: its floor, and the level of an absolute one.
    """
    removals, curves = view.series.removals, view.control(CURVE)
    top = view.control("no_deficit")[:, -1]
    floor = _floor(view, arguments)
    level = top - share * (top - floor.level)
    crossing = first_crossing(removals, curves, level)
    is_right = np.isnan(crossing) | (crossing > floor.last)
    low = np.where(np.isnan(crossing), removals[-1], crossing)
    high = np.where(is_right, np.inf, crossing)
    return Bounds(
        low,
        high,
        (curves[:, 0] <= level) & ~is_right,
        is_right,
        floor.has_drop & (top > floor.level),
    )


def _floor(view: View, arguments: Arguments) -> _Floor:
    removals, curves = view.series.removals, view.control(CURVE)
    if arguments["floor"] == "absolute":
        level = np.full(len(curves), float(arguments["level"]))
        return _Floor(level, np.ones(len(curves), dtype=np.bool_), np.full(len(curves), np.inf))
    stick = stick_of(view)
    match arguments["floor"]:
        case "tail":
            level = np.median(curves[:, -NUM_TAIL:], axis=1)
            return _Floor(level, stick.has_drop, np.full(len(curves), removals[-NUM_TAIL]))
        case "never":
            level = view.control("never_removed")[:, -1]
            return _Floor(level, stick.has_drop, np.full(len(curves), np.inf))
        case _:
            last = np.where(stick.has_plateau, np.inf, -np.inf)
            return _Floor(stick.level, stick.has_drop, last)


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
