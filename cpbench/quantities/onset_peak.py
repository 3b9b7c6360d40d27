"""onset_peak: the onset whose deficit costs most, in epochs; the middle of a sensitive period.

At an edge of the swept onsets the true peak may lie beyond it, so it is censored there; before
epoch 0 there is nothing, so a peak at onset 0 is one.

Source: Achille, Rovere & Soatto (2019), Fig. 3.
"""

import numpy as np

from cpbench.quantities.damage import damages
from cpbench.quantities.estimates import Estimate, unknown
from cpbench.quantities.resampling import View
from cpbench.records.series import QuantityStatus
from cpbench.specs.quantities import Arguments

MIN_ONSETS = 3


def onset_peak(view: View, _: Arguments) -> Estimate:
    """Return the onset of the largest damage."""
    onsets = np.array([condition.onset for condition in view.series.conditions], dtype=np.float64)
    num_onsets = len(np.unique(onsets))
    if num_onsets < MIN_ONSETS or num_onsets < len(onsets):
        note = f"{view.series.name} is no sweep of {MIN_ONSETS} or more onsets"
        return unknown(view, "invalid", note)
    order = np.argsort(onsets)
    onsets, damage = onsets[order], damages(view)[:, order]
    best = damage.argmax(axis=1)
    is_left, is_right = (best == 0) & (onsets[0] > 0), best == len(onsets) - 1
    is_there = damage.max(axis=1) > 0
    low = np.where(is_there, np.where(is_left, 0.0, onsets[best]), np.nan)
    high = np.where(is_there, np.where(is_right, np.inf, onsets[best]), np.nan)
    status: QuantityStatus = "right_censored" if is_right[0] else "ok"
    if is_left[0]:
        status = "left_censored"
    if not is_there[0]:
        return Estimate(low, high, "no_drop", "the deficit does no damage at any onset")
    edge = "" if status == "ok" else f"largest at the edge of the swept onsets, {onsets[best[0]]:g}"
    return Estimate(low, high, status, edge)
