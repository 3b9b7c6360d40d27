"""shift_per_doubling: how many epochs later the end is per doubling of the batch size.

    slope of the least-squares line of endᵢ over log₂ Bᵢ = Σ cᵢ endᵢ,  cᵢ = (xᵢ − x̄) / Σ (x − x̄)²

The batch size is the examples per optimizer step up to the last removal, so that series with
training sets of different sizes compare. Every end is an interval, so the slope is one: Σ of the
least and of the greatest cᵢ endᵢ.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from cpbench.quantities.end import end
from cpbench.quantities.estimates import Estimate, unknown
from cpbench.quantities.resampling import View
from cpbench.quantities.series import Floats
from cpbench.records.series import QuantityStatus
from cpbench.specs.quantities import Arguments

SAME = 0.01
"""Doublings that two batch sizes must be apart: the last batch of an epoch may be smaller."""
NOTHING = 1e-9
"""A share of the slope below this is round-off."""


def shift_per_doubling(views: Sequence[View], arguments: Arguments) -> Estimate:
    """Return the slope of the end over log₂ of the batch size, over the series of the views."""
    doublings = [_doublings(view) for view in views]
    if problem := _problem(views, doublings):
        return unknown(views[0], "invalid", problem)
    ends = [end(view, {**arguments, "axis": "epochs"}) for view in views]
    centred = np.array(doublings) - np.mean(doublings)
    shares = centred / (centred @ centred)
    terms = [_scaled(share, each) for share, each in zip(shares, ends, strict=True)]
    low = np.sum([least for least, _ in terms], axis=0)
    high = np.sum([most for _, most in terms], axis=0)
    num_seeds = min(view.num_seeds for view in views)
    status, note = _status(views, ends, low[0], high[0])
    return Estimate(low, high, status, note, num_seeds)


def _doublings(view: View) -> float:
    """Return log₂ of the batch size; NaN where no step was taken before the last removal."""
    last = view.series.conditions[-1]
    if not (last.steps_at_removal > 0 and last.examples_at_removal > 0):
        return np.nan
    return float(np.log2(last.examples_at_removal / last.steps_at_removal))


def _problem(views: Sequence[View], doublings: Sequence[float]) -> str:
    for view, each in zip(views, doublings, strict=True):
        if not np.isfinite(each):
            return f"the batch size of {view.series.name} is not known"
    order = sorted(range(len(views)), key=lambda index: doublings[index])
    for one, other in pairwise(order):
        if doublings[other] - doublings[one] < SAME:
            return f"{views[one].series.name} and {views[other].series.name} have one batch size"
    return ""


def _scaled(share: float, estimate: Estimate) -> tuple[Floats, Floats]:
    """Return the least and the greatest share · end; an end without weight is none, even at ∞."""
    if abs(share) < NOTHING:
        nothing = np.where(np.isnan(estimate.low), np.nan, 0.0)
        return nothing, nothing
    ends = (share * estimate.low, share * estimate.high)
    return ends if share > 0 else (ends[1], ends[0])


def _status(
    views: Sequence[View], ends: Sequence[Estimate], low: float, high: float
) -> tuple[QuantityStatus, str]:
    for view, each in zip(views, ends, strict=True):
        if each.status in {"no_drop", "missing", "invalid"}:
            return each.status, f"{view.series.name}: {each.note}"
    censored = [
        f"{view.series.name}: {each.note}"
        for view, each in zip(views, ends, strict=True)
        if each.status != "ok"
    ]
    note = "; ".join(censored)
    if not censored or high - low <= 0:
        return "ok", note
    if np.isinf(low) and np.isinf(high):
        return "invalid", note
    return ("right_censored" if np.isinf(high) else "left_censored"), note
