"""What must be so before a claim can be decided: the registered protocol, results, enough seeds."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from cpbench.claims import Call
from cpbench.quantities import Estimate, Series, View
from cpbench.records.scores import OutcomeState
from cpbench.resolving.evidence import Evidence
from cpbench.specs.claims import Resolution
from cpbench.specs.quantities import controls_of

SeriesName = tuple[str, str]
"""Protocol and arm."""

Annulled = Literal[
    "insufficient_seeds_at_deadline",
    "protocol_changed",
    "control_missing",
    "no_drop",
    "condition_not_met",
    "claim_invalid",
    "by_consent",
    "quantity_missing",
    "runs_missing",
    "tie",
]
"""Why a claim may be annulled; the last three by what it declares itself."""


class Halt(NamedTuple):
    """A claim cannot be decided, and why."""

    state: OutcomeState
    reason: str


def annulled(why: Annulled, details: str) -> Halt:
    """Return that a claim is annulled, the word of the reason first."""
    return Halt("annulled", f"{why}: {details}")


def at_deadline(halt: Halt, rule: Resolution, today: str) -> Halt:
    """Return what becomes of a claim that waits: past its deadline it is annulled.

    Args:
        halt: Why it cannot be decided.
        rule: With the deadline, if there is one.
        today: The ledger's date, `YYYY-MM-DD`; empty where there is no clock.
    """
    if halt.state != "pending" or rule.deadline is None or today <= rule.deadline:
        return halt
    return annulled("insufficient_seeds_at_deadline", f"{halt.reason}; due by {rule.deadline}")


def missing_evidence(protocols: Mapping[str, str], evidence: Evidence) -> Halt | None:
    """Return why the protocols a claim names cannot be looked at, if they cannot.

    Args:
        protocols: Their registered digests.
        evidence: What there is.
    """
    for name, registered in sorted(protocols.items()):
        if name in evidence and evidence[name].digest != registered:
            return annulled("protocol_changed", f"{name} is no longer what was registered")
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
    found: dict[SeriesName, Series] = {}
    for (protocol, arm), needed in needed_controls(calls).items():
        series = evidence[protocol].series.get(arm)
        if series is None:
            return annulled("claim_invalid", f"{protocol} has no arm {arm}")
        if absent := sorted(needed - series.accuracy.keys()):
            return annulled("control_missing", f"{series.name} has no {', '.join(absent)}")
        found[protocol, arm] = series.settled(rule.on_divergence, needed)
    return found


def needed_controls(calls: Sequence[Call]) -> dict[SeriesName, set[str]]:
    """Return the controls that each named series must have."""
    controls: dict[SeriesName, set[str]] = {}
    for call in calls:
        for side in call.sides:
            needed = controls_of(call.quantity, dict(call.arguments))
            controls.setdefault(side, set()).update(needed)
    return controls


def missing_runs(series: Mapping[SeriesName, Series], rule: Resolution) -> Halt | None:
    """Return what follows from runs that have no number yet, if any."""
    unread = [readings for each in series.values() for readings in each.accuracy.values()]
    missing = sum(readings.num_missing for readings in unread)
    if not missing:
        return None
    total = sum(readings.values.size for readings in unread)
    reason = f"{missing} of {total} runs have no result"
    match rule.missing:
        case "wait":
            return Halt("pending", reason)
        case "annul":
            return annulled("runs_missing", reason)
        case _:
            allowed = rule.max_missing or 0.0
            return (
                None
                if missing <= allowed * total
                else Halt("pending", f"{reason}; {allowed:.0%} may be missing")
            )


def too_few_seeds(views: Mapping[SeriesName, View], rule: Resolution) -> Halt | None:
    """Return which series has not enough seeds, if one has not."""
    for view in views.values():
        if view.num_seeds < rule.min_seeds:
            return _too_few(view.series.name, view.num_seeds, rule)
    return None


def too_few_readings(estimates: Mapping[Call, Estimate], rule: Resolution) -> Halt | None:
    """Return which quantity was read on too few of the seeds, if one was; metrics often are."""
    for call, estimate in estimates.items():
        num_seeds = estimate.num_seeds
        if num_seeds is not None and num_seeds < rule.min_seeds and estimate.status != "invalid":
            return _too_few(call.text, num_seeds, rule)
    return None


def _too_few(name: str, num_seeds: int, rule: Resolution) -> Halt:
    seeds = "seed" if num_seeds == 1 else "seeds"
    return Halt(
        "pending",
        f"insufficient_seeds: {name} has {num_seeds} {seeds} of the {rule.min_seeds} asked for",
    )
