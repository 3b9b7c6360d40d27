"""Grounds: every quantity a claim names, in one joint bootstrap of the seeds."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from cpbench.claims import Call, Event, Expression, Number
from cpbench.quantities import Estimate, Samples, View, resample, to_value
from cpbench.quantities import measure as measured
from cpbench.records.series import Value
from cpbench.resolving.evaluating import evaluate, number
from cpbench.resolving.evidence import Evidence
from cpbench.resolving.presuppositions import (
    Halt,
    SeriesName,
    annulled,
    missing_evidence,
    missing_runs,
    needed_series,
    too_few_readings,
    too_few_seeds,
)
from cpbench.resolving.truth import Interval, Truth
from cpbench.specs.claims import Resolution


class Grounds(NamedTuple):
    """What a claim rests on."""

    views: Mapping[SeriesName, View]
    estimates: Mapping[Call, Estimate]

    @property
    def samples(self) -> Samples:
        """The samples of one series; rows of all series belong together."""
        return next(iter(self.views.values())).samples

    @property
    def num_seeds(self) -> int:
        """The fewest seeds that a series has, or that a metric was read on."""
        read = (each.num_seeds for each in self.estimates.values() if each.num_seeds is not None)
        return min([*(view.num_seeds for view in self.views.values()), *read])

    def truth(self, event: Event, margin: Number | None = None) -> Truth:
        """Return whether an event holds in each sample."""
        return evaluate(event, self._known, margin)

    def number(self, expression: Expression) -> Interval:
        """Return a number in each sample."""
        return number(expression, self._known)

    def value(self, call: Call) -> Value:
        """Return a quantity as a record."""
        view = self.views[call.protocol, call.arm]
        return to_value(self.estimates[call], view, expr=call.text, unit=call.unit)

    def failure(self, calls: Iterable[Call]) -> Halt | None:
        """Return which presupposition of some quantities failed, where the sample is undefined."""
        for call in calls:
            estimate = self.estimates[call]
            note = estimate.note or call.text
            match estimate.status:
                case "no_drop":
                    return annulled("no_drop", note)
                case "missing":
                    return annulled("quantity_missing", note)
                case "invalid":
                    return annulled("claim_invalid", note)
                case _:
                    continue
        return None

    @property
    def _known(self) -> dict[Call, Interval]:
        return {call: Interval(each.low, each.high) for call, each in self.estimates.items()}


def grounds(
    calls: Sequence[Call],
    protocols: Mapping[str, str],
    evidence: Evidence,
    rule: Resolution,
    seed: int,
) -> Grounds | Halt:
    """Return what a claim rests on, or why it cannot be looked at.

    Args:
        calls: Every quantity it names.
        protocols: Registered digests of the protocols it names, and of no others.
        evidence: All there is.
        rule: As registered.
        seed: Of the bootstrap.
    """
    halt = missing_evidence(protocols, evidence)
    series = halt or needed_series(calls, evidence, rule)
    if isinstance(series, Halt):
        return series
    # As registered: entries from before laws of drawing existed meant the plain bootstrap.
    samples = resample([each.seeds for each in series.values()], seed, law=rule.draws or "resample")
    views = {name: View(each, samples[each.seeds]) for name, each in series.items()}
    if halt := missing_runs(series, rule) or too_few_seeds(views, rule):
        return halt
    estimates = {call: measure(call, views) for call in calls}
    return too_few_readings(estimates, rule) or Grounds(views, estimates)


def measure(call: Call, views: Mapping[SeriesName, View]) -> Estimate:
    """Return a quantity in every sample."""
    return measured(call.quantity, dict(call.arguments), *(views[side] for side in call.sides))
