"""What quantities are now, whether or not a claim about them can be decided yet."""

from collections.abc import Sequence

from cpbench.claims import Call
from cpbench.quantities import Series, View, resample
from cpbench.records.series import Value
from cpbench.resolving.evidence import Evidence
from cpbench.resolving.grounds import Grounds, measure
from cpbench.resolving.presuppositions import SeriesName, needed_controls
from cpbench.specs.claims import Resolution


def present_grounds(
    calls: Sequence[Call], evidence: Evidence, rule: Resolution, seed: int
) -> Grounds:
    """Return what can be known of quantities now; those whose series is not there are left out.

    Neither missing runs nor few seeds stop it: seeds without all their results are left out.

    Args:
        calls: The quantities.
        evidence: All there is.
        rule: Says what becomes of diverged runs.
        seed: Of the bootstrap.
    """
    series: dict[SeriesName, Series] = {}
    for side, controls in needed_controls(calls).items():
        found = _series(side, evidence)
        if found is not None:
            series[side] = found.settled(rule.on_divergence, controls)
    samples = resample([each.seeds for each in series.values()], seed, law=rule.draws or "resample")
    views = {side: View(each, samples[each.seeds]) for side, each in series.items()}
    known = (call for call in calls if all(side in views for side in call.sides))
    return Grounds(views, {call: measure(call, views) for call in known})


def present_values(
    calls: Sequence[Call], evidence: Evidence, rule: Resolution, seed: int
) -> tuple[Value, ...]:
    """Return every quantity as it is now; `missing`, with the reason, where there is nothing."""
    ground = present_grounds(calls, evidence, rule, seed)
    return tuple(
        ground.value(call) if call in ground.estimates else _missing(call, evidence)
        for call in calls
    )


def _series(side: SeriesName, evidence: Evidence) -> Series | None:
    protocol, arm = side
    return evidence[protocol].series.get(arm) if protocol in evidence else None


def _missing(call: Call, evidence: Evidence) -> Value:
    protocol, arm = next(side for side in call.sides if _series(side, evidence) is None)
    note = f"{protocol} has no plan yet"
    if protocol in evidence:
        study = evidence[protocol]
        note = f"{protocol} has no arm {arm}" if study.series else f"{protocol} has no results yet"
    return Value(expr=call.text, unit=call.unit, status="missing", n_seeds=0, note=note)
