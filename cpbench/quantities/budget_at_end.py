"""budget_at_end: what of the training lies before the end, in epochs, steps or examples.

Of `lr` it is what is left after it, Σ lr over the remaining steps: the same number as the end on
that axis, and what decides how much can still be won back when the learning rate decays.
"""

from cpbench.quantities.end import end
from cpbench.quantities.estimates import Estimate
from cpbench.quantities.resampling import View
from cpbench.specs.quantities import Arguments


def budget_at_end(view: View, arguments: Arguments) -> Estimate:
    """Return the end on the axis that counts the currency asked for."""
    currency = str(arguments["in"])
    return end(view, {**arguments, "axis": "lr_steps" if currency == "lr" else currency})
