"""damage: what a deficit removed at one epoch costs, in percentage points."""

from cpbench.quantities.estimates import Estimate, exact
from cpbench.quantities.resampling import View
from cpbench.quantities.series import CURVE, Floats
from cpbench.specs.quantities import Arguments


def damage(view: View, arguments: Arguments) -> Estimate:
    """Return no_deficit(at) − curve(at), the mean of the differences paired by seed."""
    return exact(damages(view)[:, view.series.column(int(arguments["at"]))])


def damages(view: View) -> Floats:
    """Return no_deficit − curve at every removal epoch; shape [samples, removals]."""
    accuracy = view.series.accuracy
    return view.means(accuracy["no_deficit"].values - accuracy[CURVE].values)
