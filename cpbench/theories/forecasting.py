"""From joint samples of the quantities a claim names to a forecast of how it comes out."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from cpbench.claims.syntax import Call
from cpbench.quantities.series import Flags, Floats
from cpbench.resolving.evaluating import evaluate, number
from cpbench.resolving.tallying import Tally, tally_event, tally_options
from cpbench.resolving.truth import Interval
from cpbench.specs.claims import NumericClaim
from cpbench.specs.forecasts import ForecastSpec
from cpbench.theories.context import AbstentionError
from cpbench.theories.theory import Question

LEVELS = tuple(f"0.{tenth}" for tenth in range(1, 10))
MIN_DEFINED = 0.9
"""Share of the samples that count in which the claim must come out one way or another."""
MIN_COUNTED = 100
"""Samples in which the condition must hold: fewer say nothing about what follows from it."""
PARTS = 10_000
"""Probabilities are whole parts of this many: finer than the draws, and equal on all machines."""
DIGITS = 6
"""Significant digits of a quantile, for the same reason."""


def expected(
    question: Question, draws: Mapping[Call, Floats], *, by: str, note: str = ""
) -> ForecastSpec:
    """Return a forecast in the form that fits the claim.

    Args:
        question: The claim.
        draws: Every quantity it names, in the same samples; shape [samples].
        by: Name of the theory.
        note: Why.

    Raises:
        AbstentionError: The samples leave the claim open, or its condition fails in nearly all.
    """
    known = {call: Interval(each, each) for call, each in draws.items()}
    return forecast(question, by, note, **_form(question, known))


def forecast(question: Question, by: str, note: str, **form: Any) -> ForecastSpec:  # noqa: ANN401 - one of the six forms
    """Return a forecast of a claim in one of the forms."""
    return ForecastSpec(by=by, claim=question.claim.id, note=note, **form)


def spread(weights: Mapping[str, float]) -> dict[str, float]:
    """Return probabilities in proportion to weights, in whole parts that sum to one exactly.

    What rounding leaves goes to the largest remainders, ties in the order they are written.
    """
    total = sum(weights.values())
    exact = {name: PARTS * weight / total for name, weight in weights.items()}
    parts = {name: int(share) for name, share in exact.items()}
    left = PARTS - sum(parts.values())
    for name in sorted(exact, key=lambda name: parts[name] - exact[name])[:left]:
        parts[name] += 1
    return {name: number / PARTS for name, number in parts.items()}


def quantiles_of(values: Floats, bounds: tuple[float, float] | None) -> dict[str, float]:
    """Return the nine deciles of samples, held within a claim's bounds.

    Args:
        values: Samples of the claim's quantity, in its unit; shape [samples].
        bounds: Between which values it must lie, if that is known.
    """
    low, high = bounds or (-np.inf, np.inf)
    levels = [float(level) for level in LEVELS]
    found = np.quantile(np.clip(values, low, high), levels)
    # Rounding may step over a bound that has more digits.
    rounded = (min(max(float(f"{value:.{DIGITS}g}"), low), high) for value in found)
    return dict(zip(LEVELS, rounded, strict=True))


def _form(question: Question, known: Mapping[Call, Interval]) -> dict[str, Any]:
    parts, claim = question.statements, question.claim
    given = None if parts.given is None else evaluate(parts.given, known)
    if isinstance(claim, NumericClaim) and parts.quantity is not None:
        values = number(parts.quantity, known).low
        counts = np.ones(values.shape, dtype=np.bool_) if given is None else given.is_true
        return {"quantiles": quantiles_of(_defined(values, counts), claim.bounds)}
    if parts.event is not None:
        shares = _shares(tally_event(evaluate(parts.event, known), given))
        return {"p": shares["yes"]}
    options = [(name, evaluate(event, known)) for name, event in parts.options]
    return {"probs": _shares(tally_options(options, given))}


def _defined(values: Floats, counts: Flags) -> Floats:
    kept = values[counts]
    finite = kept[np.isfinite(kept)]
    _refuse_open(finite.size, kept.size)
    return finite


def _shares(tally: Tally) -> dict[str, float]:
    """Return the share of each way among the samples, with one more of each (Laplace 1814).

    A theory that saw something happen in none of its samples does not know it to be impossible.
    """
    counted = {way: int((flags & tally.counts).sum()) for way, flags in tally.ways.items()}
    _refuse_open(sum(counted.values()), int(tally.counts.sum()))
    return spread({way: number + 1 for way, number in counted.items()})


def _refuse_open(defined: int, counted: int) -> None:
    if counted < MIN_COUNTED:
        raise AbstentionError(f"expects the condition to hold in {counted} samples only")
    if defined < MIN_DEFINED * counted:
        raise AbstentionError(f"leaves it open in {1 - defined / counted:.0%} of its samples")
