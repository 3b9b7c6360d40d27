"""The logistic curve's ninety-percent point: a smooth check on the stick's break.

    y(x) = level + drop / (1 + exp((x − middle) / width)),   end = middle + width · ln 9

Least squares: level and drop are solved exactly for each pair of middle and width; the pairs are
searched on a grid over the sweep, which is refined around each sample's best pair three times.

Source: Golub & Pereyra (1973), variable projection.
"""

import math
from typing import NamedTuple

import numpy as np

from cpbench.quantities.estimates import Bounds
from cpbench.quantities.series import Flags, Floats

NUM_MIDDLES = 40
NUM_WIDTHS = 12
NUM_REFINEMENTS = 3
REFINED = np.linspace(-1, 1, 5)


class _Pairs(NamedTuple):
    """Candidate parameters; shape [pairs] or [samples, pairs]."""

    middle: Floats
    log_width: Floats


def logistic_bounds(removals: Floats, curves: Floats, has_drop: Flags) -> Bounds:
    """Return where each curve has lost ninety percent of its logistic drop.

    Args:
        removals: Removal epochs, increasing; shape [removals].
        curves: Mean accuracies in percent; shape [samples, removals].
        has_drop: Whether there is a drop at all; shape [samples].
    """
    first, last = float(removals[0]), float(removals[-1])
    narrowest = float(np.diff(removals).min()) / 4
    middles: Floats = np.linspace(first, last, NUM_MIDDLES)
    log_widths: Floats = np.linspace(math.log(narrowest), math.log(last - first), NUM_WIDTHS)
    grid = _Pairs(*(axis.ravel() for axis in np.meshgrid(middles, log_widths)))
    best = _best(removals, curves, grid)
    step = np.array([middles[1] - middles[0], log_widths[1] - log_widths[0]])
    moves = [axis.ravel() for axis in np.meshgrid(REFINED, REFINED)]
    for _ in range(NUM_REFINEMENTS):
        near = _Pairs(
            best.middle[:, None] + step[0] * moves[0], best.log_width[:, None] + step[1] * moves[1]
        )
        best = _best(removals, curves, near)
        step = step / 2
    end = best.middle + np.exp(best.log_width) * np.log(9.0)
    is_right, is_left = end > last, end < removals[1]
    low: Floats = np.where(is_left, first, np.minimum(end, last))
    high = np.where(is_left, removals[1], np.where(is_right, np.inf, end))
    return Bounds(low, high, is_left, is_right, has_drop)


def _best(removals: Floats, curves: Floats, pairs: _Pairs) -> _Pairs:
    """Return each sample's pair with the least squared error among falling curves."""
    shape = _fallen((removals - pairs.middle[..., None]) / np.exp(pairs.log_width)[..., None])
    shape = shape - shape.mean(axis=-1, keepdims=True)
    centred = curves - curves.mean(axis=1, keepdims=True)
    overlap = (
        centred @ shape.T if shape.ndim == centred.ndim else np.einsum("sr,spr->sp", centred, shape)
    )
    # What a pair explains of the sum of squares; a negative drop explains nothing.
    explained = np.maximum(overlap, 0) ** 2 / np.maximum((shape**2).sum(axis=-1), 1e-12)
    best = explained.argmax(axis=1)
    if pairs.middle.ndim == 1:
        return _Pairs(pairs.middle[best], pairs.log_width[best])
    each = np.arange(len(curves))
    return _Pairs(pairs.middle[each, best], pairs.log_width[each, best])


def _fallen(x: Floats) -> Floats:
    return 0.5 * (1 - np.tanh(x / 2))
