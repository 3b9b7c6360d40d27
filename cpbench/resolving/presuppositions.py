"""What must be so before a claim can be decided: the registered protocol, results, enough seeds."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from cpbench.claims import Call
from cpbench.quantities import Series, View
from cpbench.records.scores import OutcomeState
from cpbench.resolving.evidence import Evidence
from cpbench.specs.predictions import Resolution
from cpbench.specs.quantities import controls_of

SeriesName = tuple[str, str]


class Halt(NamedTuple):
    """A claim cannot be decided, and why."""

    state: OutcomeState
    reason: str


def missing_evidence(protocols: Mapping[str, str], evidence: Evidence) -> Halt | None:
    """Return why the protocols a claim names cannot be looked at, if they cannot.

    Args:
        protocols: Their registered digests.
        evidence: What there is.
    """
    for name, registered in sorted(protocols.items()):
        if name in evidence and evidence[name].digest != registered:
            return Halt("annulled", f"protocol_changed: {name} is no longer what was registered")
    for name in sorted(protocols):
        if name not in evidence:
            return Halt("pending", f"{name} has no plan yet")
        if not evidence[name].series:
            return Halt("pending", f"{name} has no results yet")
    return None


def needed_series(
    calls: Sequence[Call], evidence: Evidence, rule: Resolution
) -> dict[SeriesName, Series] | Halt:
    """Return the series a claim names, settled, with the controls it needs, or why not."""
    controls: dict[SeriesName, set[str]] = {}
    for call in calls:
        key = (call.protocol, call.arm)
        controls.setdefault(key, set()).update(controls_of(call.quantity, dict(call.arguments)))
    found: dict[SeriesName, Series] = {}
    for (protocol, arm), needed in controls.items():
        series = evidence[protocol].series.get(arm)
        if series is None:
            return Halt("annulled", f"claim_invalid: {protocol} has no arm {arm}")
        if absent := sorted(needed - series.accuracy.keys()):
            return Halt("annulled", f"control_missing: {series.name} has no {', '.join(absent)}")
        found[protocol, arm] = series.settled(rule.on_divergence, needed)
    return found


def missing_runs(series: Mapping[SeriesName, Series], rule: Resolution) -> Halt | None:
    """Return what follows from runs that have no number yet, if any."""
    unread = [readings for each in series.values() for readings in each.accuracy.values()]
    missing = sum(readings.num_missing for readings in unread)
    if not missing:
        return None
    total = sum(readings.values.size for readings in unread)
    reason = f"{missing} of {total} runs have no result"
    return (
        Halt("pending", reason)
        if rule.missing == "wait"
        else Halt("annulled", f"runs_missing: {reason}")
    )


def too_few_seeds(views: Mapping[SeriesName, View], rule: Resolution) -> Halt | None:
    """Return why there are not enough seeds, if there are not."""
    for view in views.values():
        if view.num_seeds < rule.min_seeds:
            reason = (
                f"{view.series.name} has {view.num_seeds} seeds of the {rule.min_seeds} asked for"
            )
            return Halt("annulled", f"insufficient_seeds: {reason}")
    return None
