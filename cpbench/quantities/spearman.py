"""spearman: the rank correlation of two columns over the removal points; a plain number.

    ρ = Pearson's coefficient of the ranks, ties at their mean rank

Source: Spearman (1904), The proof and measurement of association between two things.
"""

from cpbench.quantities.correlating import correlated, product_moment, ranks
from cpbench.quantities.estimates import Estimate
from cpbench.quantities.resampling import View
from cpbench.quantities.series import Floats
from cpbench.specs.quantities import Arguments


def spearman(view: View, arguments: Arguments) -> Estimate:
    """Return Spearman's ρ of the mean curve's columns `x` and `y`."""
    return correlated(view, arguments, rho)


def rho(x: Floats, y: Floats) -> Floats:
    """Return ρ of each row; shape [samples]."""
    return product_moment(ranks(x), ranks(y))
