"""n_seeds: how many seeds have all the results that the claim needs; a plain number."""

import numpy as np

from cpbench.quantities.estimates import Estimate, exact
from cpbench.quantities.resampling import View
from cpbench.specs.quantities import Arguments


def n_seeds(view: View, _: Arguments) -> Estimate:
    """Return the number of complete seeds; the same in every sample."""
    return exact(np.full(len(view.samples.weights), float(view.num_seeds)))
