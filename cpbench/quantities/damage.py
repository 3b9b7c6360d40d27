"""damage: what a deficit removed at one epoch costs, in percentage points."""

from cpbench.quantities.estimates import Estimate, exact
from cpbench.quantities.resampling import View
from cpbench.quantities.series import CURVE
from cpbench.specs.quantities import Arguments


def damage(view: View, arguments: Arguments) -> Estimate:
    """Return no_deficit(at) − curve(at), the mean of the differences paired by seed."""
    series = view.series
    difference = view.means(series.accuracy["no_deficit"].values - series.accuracy[CURVE].values)
    return exact(difference[:, series.column(int(arguments["at"]))])
