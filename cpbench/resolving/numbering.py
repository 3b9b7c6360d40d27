"""Numeric claims: from grounds to a value with its interval, or why there is none."""

from collections.abc import Container

import numpy as np

from cpbench.claims import Expression, calls
from cpbench.quantities import Estimate, to_value
from cpbench.records.digits import short
from cpbench.records.scores import Outcome
from cpbench.records.series import QuantityStatus, Value
from cpbench.resolving.grounds import Grounds
from cpbench.resolving.presuppositions import Halt
from cpbench.resolving.truth import Interval, Truth
from cpbench.specs.claims import NumericClaim, Resolution


def number_outcome(
    claim: NumericClaim, quantity: Expression, ground: Grounds, condition: Truth | None
) -> Outcome:
    """Return how a numeric claim comes out: its value on the sample, its 90 % interval over draws.

    Every rule takes the value the same way; draws in which the condition fails are left out.

    Args:
        claim: As registered.
        quantity: Its quantity, or the same under another estimator.
        ground: All that the claim names, in samples of seeds.
        condition: Where its condition holds, if it has one.
    """
    known = ground.number(quantity)
    counts = np.ones_like(known.low, dtype=np.bool_)
    if condition is not None:
        counts = ~condition.is_false
        known = Interval(*(np.where(condition.is_true, each, np.nan) for each in known))
    rows = ground.samples.draws
    counted = int(counts[rows].sum())
    defined = int((counts & ~np.isnan(known.low) & ~np.isnan(known.high))[rows].sum())
    undefined = 1 - defined / counted if counted else 1.0
    value = _value(known, claim, quantity, ground)
    failure = ground.failure(calls(quantity))
    halt = _halt(value, undefined, claim.resolution, failure)
    return Outcome(
        state=halt.state if halt else "value",
        reason=halt.reason if halt else "",
        value=value,
        undefined=undefined,
        n_seeds=ground.num_seeds,
        rule="",
    )


def _value(known: Interval, claim: NumericClaim, quantity: Expression, ground: Grounds) -> Value:
    low, high = float(known.low[0]), float(known.high[0])
    failed = {ground.estimates[call].status for call in calls(quantity)}
    estimate = Estimate(known.low, known.high, _status(low, high, failed), _note(low, high, claim))
    view = next(iter(ground.views.values()))
    value = to_value(estimate, view, expr=claim.quantity, unit=quantity.unit)
    return value.model_copy(update={"n_seeds": ground.num_seeds})


def _status(low: float, high: float, failed: Container[QuantityStatus]) -> QuantityStatus:
    """Tell what is known on the sample itself; NaN compares with nothing, and ∞ is no number."""
    if low >= high:
        return "ok" if np.isfinite(low) and np.isfinite(high) else "invalid"
    if low < high:
        return "right_censored" if np.isinf(high) else "left_censored"
    if "no_drop" in failed:
        return "no_drop"
    return "missing" if "missing" in failed else "invalid"


def _note(low: float, high: float, claim: NumericClaim) -> str:
    if low < high:
        return _known_to_be(low, high, claim.unit)
    if claim.bounds and not claim.bounds[0] <= low <= claim.bounds[1] and low >= high:
        return f"outside the bounds [{claim.bounds[0]:g}, {claim.bounds[1]:g}]"
    return ""


def _known_to_be(low: float, high: float, unit: str) -> str:
    if np.isinf(low) and np.isinf(high):
        return "nothing is known of it"
    if np.isinf(high):
        return f"only known to be ≥ {short(low)} {unit}"
    if np.isinf(low):
        return f"only known to be ≤ {short(high)} {unit}"
    return f"only known to lie between {short(low)} and {short(high)} {unit}"


def _halt(value: Value, undefined: float, rule: Resolution, failure: Halt | None) -> Halt | None:
    match value.status:
        case "left_censored" | "right_censored":
            return Halt("ambiguous", value.note)
        case "ok" if rule.rule == "point" or undefined <= rule.max_undefined:
            return None
        case "ok":
            allowed = f"{rule.max_undefined:.0%} are allowed"
            return Halt("ambiguous", f"undefined in {undefined:.0%} of draws; {allowed}")
        case _:
            return failure or Halt("ambiguous", "undefined on the mean over seeds")
