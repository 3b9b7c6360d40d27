"""kendall: which share of pairs of removal points two columns put in one order; a plain number.

    τ = Σ sign(xᵢ − xⱼ) sign(yᵢ − yⱼ) / √(untied pairs of x · untied pairs of y), over i < j

Source: Kendall (1945), The treatment of ties in ranking problems: τ_b.
"""

import numpy as np

from cpbench.quantities.correlating import correlated
from cpbench.quantities.estimates import Estimate
from cpbench.quantities.resampling import View
from cpbench.quantities.series import Floats
from cpbench.specs.quantities import Arguments


def kendall(view: View, arguments: Arguments) -> Estimate:
    """Return Kendall's τ_b of the mean curve's columns `x` and `y`."""
    return correlated(view, arguments, tau)


def tau(x: Floats, y: Floats) -> Floats:
    """Return τ_b of each row, NaN where a column is constant; shape [samples]."""
    x, y = _orders(x), _orders(y)
    untied = np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))
    return (x * y).sum(axis=1) / np.where(untied > 0, untied, np.nan)


def _orders(values: Floats) -> Floats:
    """Return the sign of each pair's difference; shape [samples, pairs]."""
    left, right = np.triu_indices(values.shape[1], k=1)
    with np.errstate(invalid="ignore"):
        return np.sign(values[:, left] - values[:, right])
