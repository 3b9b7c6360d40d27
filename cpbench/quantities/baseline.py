"""baseline: what is reached without the deficit, in percent."""

from cpbench.quantities.estimates import Estimate, exact
from cpbench.quantities.resampling import View
from cpbench.specs.quantities import Arguments


def baseline(view: View, _: Arguments) -> Estimate:
    """Return the no_deficit control's mean final accuracy at the largest removal epoch."""
    return exact(view.control("no_deficit")[:, -1])
