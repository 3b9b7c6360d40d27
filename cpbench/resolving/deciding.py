"""From a claim and evidence to an outcome, by the rule that was registered."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from cpbench.claims import Event, calls, claim_hash, parse, protocols_of
from cpbench.quantities import Estimate, Samples, View, measure, resample, to_value
from cpbench.records.scores import Outcome
from cpbench.records.series import Value
from cpbench.resolving.evaluating import evaluate
from cpbench.resolving.evidence import Evidence
from cpbench.resolving.presuppositions import (
    Halt,
    SeriesName,
    missing_evidence,
    missing_runs,
    needed_series,
    too_few_seeds,
)
from cpbench.resolving.truth import Interval, Truth
from cpbench.specs.claims import BinaryClaim, Resolution

BOOTSTRAP_DIGITS = 16
"""Hex digits of the claim's hash that seed its bootstrap."""


class Resolved(NamedTuple):
    """How a claim came out, and the quantities it rests on."""

    outcome: Outcome
    values: tuple[Value, ...]


def resolve(claim: BinaryClaim, protocols: Mapping[str, str], evidence: Evidence) -> Resolved:
    """Return how a claim came out.

    Args:
        claim: As registered.
        protocols: Digest of every protocol, as registered.
        evidence: All there is.
    """
    event, rule = parse(claim.claim), claim.resolution
    halt = missing_evidence({name: protocols[name] for name in protocols_of(event)}, evidence)
    series = halt or needed_series(calls(event), evidence, rule)
    if isinstance(series, Halt):
        return _halted(series, rule)
    samples = resample(
        [each.seeds for each in series.values()], _seed(claim_hash(claim, event, protocols))
    )
    views = {name: View(each, samples[each.seeds]) for name, each in series.items()}
    halt = missing_runs(series, rule) or too_few_seeds(views, rule)
    if halt:
        return _halted(halt, rule)
    return _decided(event, rule, views)


def _seed(name: str) -> int:
    return int(name[:BOOTSTRAP_DIGITS], 16)


def _halted(halt: Halt, rule: Resolution) -> Resolved:
    return Resolved(Outcome(state=halt.state, reason=halt.reason, rule=_rule(rule)), ())


def _decided(event: Event, rule: Resolution, views: Mapping[SeriesName, View]) -> Resolved:
    named = calls(event)
    view_of = {call: views[call.protocol, call.arm] for call in named}
    estimates = {
        call: measure(call.quantity, dict(call.arguments), view_of[call]) for call in named
    }
    truth = evaluate(
        event, {call: Interval(each.low, each.high) for call, each in estimates.items()}
    )
    samples = next(iter(views.values())).samples
    verdict = _verdict(truth, samples, rule, list(estimates.values()))
    values = [
        to_value(estimates[call], view_of[call], expr=call.text, unit=call.unit) for call in named
    ]
    n_seeds = min(view.num_seeds for view in views.values())
    outcome = verdict.model_copy(
        update={"n_seeds": n_seeds, "sign_count": _sign_count(truth, samples)}
    )
    return Resolved(outcome, tuple(values))


def _verdict(
    truth: Truth, samples: Samples, rule: Resolution, estimates: Sequence[Estimate]
) -> Outcome:
    holds, fails = truth.is_true[samples.draws], truth.is_false[samples.draws]
    defined = int((holds | fails).sum())
    undefined = 1 - defined / samples.num_draws
    probability = float(holds.sum() / defined) if defined else None
    halt = _decision(truth, rule, probability, undefined)
    if halt.state == "ambiguous" and (failed := _failed(truth, estimates)):
        halt = failed
    return Outcome(
        state=halt.state,
        reason=halt.reason,
        probability=probability,
        undefined=undefined,
        rule=_rule(rule),
    )


def _decision(truth: Truth, rule: Resolution, probability: float | None, undefined: float) -> Halt:
    if rule.rule == "point":
        if truth.is_true[0] or truth.is_false[0]:
            return Halt("yes" if truth.is_true[0] else "no", "")
        return Halt("ambiguous", "undefined on the mean over seeds")
    if probability is None or undefined > rule.max_undefined:
        return Halt(
            "ambiguous",
            f"undefined in {undefined:.0%} of draws; {rule.max_undefined:.0%} are allowed",
        )
    if probability >= rule.level:
        return Halt("yes", "")
    if probability <= 1 - rule.level:
        return Halt("no", "")
    return Halt(
        "ambiguous",
        f"holds in {probability:.0%} of draws; {rule.level:.0%} are asked for either way",
    )


def _failed(truth: Truth, estimates: Sequence[Estimate]) -> Halt | None:
    """Return the presupposition that failed, where the sample itself leaves the claim undefined."""
    if truth.is_true[0] or truth.is_false[0]:
        return None
    for status, reason in (
        ("no_drop", "no_drop"),
        ("missing", "plateau_missing"),
        ("invalid", "claim_invalid"),
    ):
        for estimate in estimates:
            if estimate.status == status:
                return Halt("annulled", f"{reason}: {estimate.note}")
    return None


def _sign_count(truth: Truth, samples: Samples) -> str:
    holds = np.asarray(truth.is_true[samples.singles])
    return f"{int(holds.sum())} of {holds.size}" if holds.size else ""


def _rule(rule: Resolution) -> str:
    if rule.rule == "point":
        return f"point: as the mean over at least {rule.min_seeds} seeds says"
    share = f"≥ {rule.level:.0%} of bootstrap draws of the seeds, no if in ≤ {1 - rule.level:.0%}"
    return f"decisive: yes if it holds in {share}; at least {rule.min_seeds} seeds"
