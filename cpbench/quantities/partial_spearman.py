"""partial_spearman: the rank correlation of two columns once a third is held fixed; a plain number.

    ρ(xy·z) = (ρxy − ρxz ρyz) / √((1 − ρxz²)(1 − ρyz²))

On a falling curve everything that grows with the epoch correlates with damage. Given the epoch of
removal, what is left is what a column knows beyond it.

Source: Yule (1907), On the theory of correlation for any number of variables; on ranks.
"""

import numpy as np

from cpbench.quantities.correlating import correlated
from cpbench.quantities.estimates import Estimate
from cpbench.quantities.resampling import View
from cpbench.quantities.series import Floats
from cpbench.quantities.spearman import rho
from cpbench.specs.quantities import Arguments

NOTHING_LEFT = 1e-9
"""What the given column leaves of the others, below which there is nothing to correlate."""


def partial_spearman(view: View, arguments: Arguments) -> Estimate:
    """Return Spearman's ρ of the mean curve's columns `x` and `y`, given `given`."""
    return correlated(view, arguments, partial_rho)


def partial_rho(x: Floats, y: Floats, z: Floats) -> Floats:
    """Return ρ of x and y given z of each row, NaN where z settles one of them; shape [samples]."""
    xy, xz, yz = rho(x, y), rho(x, z), rho(y, z)
    left = (1 - xz**2) * (1 - yz**2)
    with np.errstate(invalid="ignore"):
        return np.clip((xy - xz * yz) / np.sqrt(np.where(left > NOTHING_LEFT, left, np.nan)), -1, 1)
