"""pearson: the linear correlation of two columns over the removal points; a plain number.

    r = Σ (x − x̄)(y − ȳ) / √(Σ (x − x̄)² · Σ (y − ȳ)²)

Source: Pearson (1895), Note on regression and inheritance in the case of two parents.
"""

from cpbench.quantities.correlating import correlated, product_moment
from cpbench.quantities.estimates import Estimate
from cpbench.quantities.resampling import View
from cpbench.specs.quantities import Arguments


def pearson(view: View, arguments: Arguments) -> Estimate:
    """Return Pearson's r of the mean curve's columns `x` and `y`."""
    return correlated(view, arguments, product_moment)
