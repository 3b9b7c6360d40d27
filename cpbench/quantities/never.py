"""never: what is reached when the deficit is never removed, in percent."""

from cpbench.quantities.estimates import Estimate, exact
from cpbench.quantities.resampling import View
from cpbench.specs.quantities import Arguments


def never(view: View, _: Arguments) -> Estimate:
    """Return the never_removed control's mean final accuracy at the largest removal epoch."""
    return exact(view.control("never_removed")[:, -1])
