"""final_accuracy: what a run ends with when the deficit is removed at one epoch, in percent."""

from cpbench.quantities.estimates import Estimate, exact
from cpbench.quantities.resampling import View
from cpbench.quantities.series import CURVE
from cpbench.specs.quantities import Arguments


def final_accuracy(view: View, arguments: Arguments) -> Estimate:
    """Return the curve's mean final accuracy at a removal epoch of the sweep."""
    return exact(view.control(CURVE)[:, view.series.column(int(arguments["removal"]))])
