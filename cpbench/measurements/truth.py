"""What a perfect sampler must return: exact values of λ̂ at finite nβ, γ and ε.

All are of λ̂ = E[U], U(w) = nβ·L(w), under the density ∝ exp(−U(w) − (γ/2)|w|²), where L(0) = 0 is
the minimum. As nβ → ∞ they tend to the learning coefficient itself; where its multiplicity is above
one, as slowly as 1/ln nβ.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def quadratic_llc(
    curvatures: Array, *, nbeta: float, localization: float, step_size: float = 0.0
) -> float:
    """Return λ̂ of L = ½ Σ h_i w_i², as full-batch Langevin steps of that size find it.

    With p_i = nβ·h_i + γ it is ½ Σ (nβ·h_i / p_i) / (1 − ε·p_i/4); at ε = 0 the exact value, d/2
    for nβ·h ≫ γ.

    Args:
        curvatures: h_i, the eigenvalues of the Hessian.
        nbeta: nβ.
        localization: γ.
        step_size: ε; every ε·p_i must be below 4.

    Source: the stationary variance of a linear recursion.
    """
    precision = nbeta * curvatures + localization
    shares = (precision - localization) / precision
    return float(0.5 * np.sum(shares / (1 - step_size * precision / 4)))


def planar_llc(
    loss: Callable[[Array, Array], Array], *, nbeta: float, localization: float, nodes: int = 1500
) -> float:
    """Return λ̂ of a loss of two weights, by quadrature on a grid that is dense near the axes.

    Args:
        loss: L(w₁, w₂), elementwise and even in both weights.
        nbeta: nβ.
        localization: γ.
        nodes: Grid points in each direction; the default errs by less than 1e-4.
    """
    # w = reach·sinh(stretch·u)/sinh(stretch): ridges along the axes get as many nodes as the bulk.
    reach, stretch = 8 / np.sqrt(localization), 9.0
    uniform = (np.arange(nodes) + 0.5) / nodes
    weight = reach * np.sinh(stretch * uniform) / np.sinh(stretch)
    log_measure = np.log(np.cosh(stretch * uniform)) - localization * weight**2 / 2
    excess = nbeta * loss(weight[:, None], weight[None, :])
    density = np.exp(log_measure[:, None] + log_measure[None, :] - excess)
    return float(np.sum(excess * density) / np.sum(density))
