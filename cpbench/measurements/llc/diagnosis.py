"""What chains say about λ̂, and what must make a reader doubt it.

The thresholds were chosen on one random set of models and are reported on another:
`docs/design/llc.md`.
"""

import math
from typing import Literal, NamedTuple

import torch

from cpbench.measurements.llc.calibration import num_cold
from cpbench.measurements.llc.chain_statistics import (
    batch_error,
    chain_error,
    cold_to_hot,
    effective_draws,
    half_to_half,
    split_r_hat,
)
from cpbench.measurements.llc.reading import Conditions, Diagnostics, LLCReading, failed
from cpbench.measurements.llc.settings import MIN_EQUILIBRATION
from cpbench.measurements.llc.trace import Trace

BIAS = "step or minibatch bias over 30 %"
MAX_R_HAT = 1.1
MAX_BIAS_SHARE = 0.3
MAX_GAP_SHARE = 0.15
MAX_DRIFT_SHARE = 0.05
MAX_LINEAR_SHARE = 0.25
MIN_ERRORS_FROM_ZERO = 2
MIN_ERRORS_APART = 3
"""Standard errors: above, λ̂ from zero; here, two halves of the draws or chains from each other."""


class Rule(NamedTuple):
    """A reason for doubt."""

    reason: str
    applies: bool
    is_curable: bool = False
    """Whether more steps may cure it."""


Outlook = Literal["settled", "restart", "longer", "finer"]
"""What would better a reading: nothing; more steps, with those so far as burn-in; more draws; a
smaller step."""


class Finding(NamedTuple):
    """A reading, and what would better it."""

    reading: LLCReading
    outlook: Outlook


def find(
    trace: Trace, point: int, mean_excess: float, conditions: Conditions, precision: float
) -> Finding:
    """Return the reading of one point.

    Args:
        trace: Of all points.
        point: Which one.
        mean_excess: U at the mean of its draws.
        conditions: What it was measured under; draws and burn-in are already those of the trace.
        precision: Standard error over λ̂ that was asked for.
    """
    excess, bias = trace.excess[:, point], trace.bias[:, point]
    finite = torch.stack([column[:, point].isfinite().all(0) for column in trace.series]).all(0)
    lost = len(finite) - int(finite.sum())
    if lost:
        return Finding(failed(f"{lost} of {len(finite)} chains diverged", conditions), "finer")
    if not excess.var(0).mean().item() > 0:
        return Finding(failed("the loss does not depend on the weights", conditions), "settled")
    found = _diagnose(trace, point, mean_excess)
    raw, shift = excess.mean().item(), bias.mean().item()
    se = max(found.chain_se, found.batch_se)
    rules = [each for each in _rules(raw, shift, se, conditions, found) if each.applies]
    reasons = tuple(each.reason for each in rules)
    status = f"flagged({'; '.join(reasons)})" if reasons else "ok"
    draws = excess.cpu().numpy()
    reading = LLCReading(raw - shift, raw, shift, se, status, reasons, conditions, found, draws)
    return Finding(reading, _outlook(rules, is_vague=se > precision * abs(raw - shift)))


def _outlook(rules: list[Rule], *, is_vague: bool) -> Outlook:
    if any(each.reason == BIAS for each in rules):
        return "finer"
    if not all(each.is_curable for each in rules):
        return "settled"
    if rules:
        return "restart"
    return "longer" if is_vague else "settled"


def _diagnose(trace: Trace, point: int, mean_excess: float) -> Diagnostics:
    excess, bias = trace.excess[:, point], trace.bias[:, point]
    corrected = excess - bias
    cold, drift = num_cold(excess.shape[1]), half_to_half(excess)
    evaluated = trace.evaluated[:, point]
    return Diagnostics(
        chain_se=chain_error(corrected),
        batch_se=max(batch_error(corrected), batch_error(corrected.mean(1, keepdim=True))),
        r_hat=split_r_hat(excess),
        ess=effective_draws(corrected),
        cold=excess[:, :cold].mean().item(),
        hot=excess[:, cold:].mean().item(),
        gap_se=cold_to_hot(excess, cold).se,
        drift=drift.value,
        drift_se=drift.se,
        acceptance=trace.acceptance[:, point].mean().item(),
        linear_term=trace.linear[:, point].mean().item(),
        about_mean=evaluated.mean().item() - mean_excess,
        variance_share=(evaluated.var() / evaluated.mean()).item(),
        distance=math.sqrt(trace.distance[:, point].mean().item()),
    )


def _rules(
    raw: float, bias: float, se: float, conditions: Conditions, found: Diagnostics
) -> list[Rule]:
    """Return every rule, the gravest first."""
    scale = abs(raw)
    gap, drift = abs(found.hot - found.cold), abs(found.drift)
    return [
        Rule("not positive", min(raw, raw - bias) <= 0),
        Rule("not at a local minimum", -found.linear_term > MAX_LINEAR_SHARE * scale),
        Rule(
            "within two standard errors of zero",
            raw - bias < MIN_ERRORS_FROM_ZERO * se,
            is_curable=True,
        ),
        Rule(BIAS, abs(bias) > MAX_BIAS_SHARE * scale),
        Rule(
            "hot and cold chains differ",
            gap > max(MAX_GAP_SHARE * scale, MIN_ERRORS_APART * found.gap_se),
            is_curable=True,
        ),
        Rule("R-hat over 1.1", found.r_hat > MAX_R_HAT, is_curable=True),
        Rule(
            "drifts from half to half",
            drift > max(MAX_DRIFT_SHARE * scale, MIN_ERRORS_APART * found.drift_se),
            is_curable=True,
        ),
        Rule(
            "burn-in too short for the localizer",
            conditions.equilibration < (1 - 1e-6) * MIN_EQUILIBRATION,
        ),
    ]
