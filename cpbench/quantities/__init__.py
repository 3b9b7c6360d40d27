"""Quantities: what a curve and its controls amount to, as intervals with a status."""

from collections.abc import Callable, Mapping

from cpbench.quantities.baseline import baseline
from cpbench.quantities.broken_stick import MIN_REMOVALS
from cpbench.quantities.damage import damage
from cpbench.quantities.end import end
from cpbench.quantities.estimates import Estimate, to_value, unknown
from cpbench.quantities.final_accuracy import final_accuracy
from cpbench.quantities.half import half
from cpbench.quantities.never import never
from cpbench.quantities.plateau import plateau
from cpbench.quantities.resampling import COVERAGE, NUM_DRAWS, Samples, View, resample
from cpbench.quantities.series import CURVE, Flags, Floats, Readings, Series, read_series
from cpbench.specs.quantities import Arguments, controls_of

__all__ = [
    "COVERAGE",
    "CURVE",
    "MEASURES",
    "NUM_DRAWS",
    "Estimate",
    "Flags",
    "Floats",
    "Readings",
    "Samples",
    "Series",
    "View",
    "measure",
    "read_series",
    "resample",
    "to_value",
]

Measure = Callable[[View, Arguments], Estimate]

MEASURES: Mapping[str, Measure] = {
    "end": end,
    "half": half,
    "baseline": baseline,
    "plateau": plateau,
    "never": never,
    "damage": damage,
    "final_accuracy": final_accuracy,
}

_OF_A_CURVE = {"end", "half", "plateau"}


def measure(name: str, arguments: Arguments, view: View) -> Estimate:
    """Return a quantity of a series in every sample.

    Args:
        name: A key of `MEASURES`.
        arguments: All its arguments, as `cpbench.specs.quantities` declares them.
        view: The series, settled, with the controls the quantity needs, seen through samples.
    """
    series = view.series
    if series.problem:
        return unknown(view, "invalid", series.problem)
    if view.num_seeds == 0:
        return unknown(view, "missing", f"no seed of {series.name} has all its results")
    if absent := sorted(controls_of(name, arguments) - series.accuracy.keys()):
        return unknown(view, "missing", f"{series.name} has no control {', '.join(absent)}")
    if name in _OF_A_CURVE and len(series.removals) < MIN_REMOVALS:
        return unknown(
            view, "invalid", f"{series.name} has fewer than {MIN_REMOVALS} removal epochs"
        )
    epochs = [value for value in arguments.values() if isinstance(value, int)]
    if off := [epoch for epoch in epochs if epoch not in series.removals]:
        return unknown(view, "invalid", f"{series.name} was not removed at epoch {off[0]}")
    return MEASURES[name](view, arguments)
