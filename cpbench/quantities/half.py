"""half: where half of the lasting damage is done; the most precise companion of the end."""

from cpbench.quantities.estimates import Estimate, located
from cpbench.quantities.level_crossing import crossing_bounds
from cpbench.quantities.resampling import View
from cpbench.specs.quantities import Arguments


def half(view: View, arguments: Arguments) -> Estimate:
    """Return where the curve first crosses (baseline + floor) / 2, on the axis asked for."""
    return located(crossing_bounds(view, 0.5, arguments), view, str(arguments["axis"]))
