"""end: the removal epoch beyond which a longer deficit does no further damage."""

from cpbench.quantities.broken_stick import stick_bounds, stick_of
from cpbench.quantities.estimates import Bounds, Estimate, located
from cpbench.quantities.level_crossing import crossing_bounds
from cpbench.quantities.logistic import logistic_bounds
from cpbench.quantities.resampling import View
from cpbench.quantities.series import CURVE
from cpbench.specs.quantities import Arguments


def end(view: View, arguments: Arguments) -> Estimate:
    """Return the end of the critical period, on the axis asked for.

    `broken_stick_flat`: the break of the flat broken stick (Hudson 1966). `drop90`: where ninety
    percent of the way from baseline to floor is lost, or where an absolute floor is reached.
    `logistic`: where a logistic curve has lost ninety percent of its drop.
    """
    return located(_bounds(view, arguments), view, str(arguments["axis"]))


def _bounds(view: View, arguments: Arguments) -> Bounds:
    removals, curves = view.series.removals, view.control(CURVE)
    match arguments["estimator"]:
        case "drop90":
            share = 1.0 if arguments["floor"] == "absolute" else 0.9
            return crossing_bounds(view, share, arguments)
        case "logistic":
            return logistic_bounds(removals, curves, stick_of(view).has_drop)
        case _:
            return stick_bounds(removals, stick_of(view))
