"""What a perfect sampler must return: exact values of λ̂ at finite nβ, γ and ε.

All are of λ̂ = E[U], U(w) = nβ·L(w), under the density ∝ exp(−U(w) − (γ/2)|w|²), where L(0) = 0 is
the minimum. As nβ → ∞ they tend to the learning coefficient itself; where its multiplicity is above
one, as slowly as 1/ln nβ.

On a quadratic L the Langevin step in direction i is, with a_i = nβ·h_i and p_i = a_i + γ,

    δ' = δ − (ε/2)(p_i·δ + η) + √ε·ξ,   E[η | δ] = 0,   E[η² | δ] = c_i + κ_i·δ²,

where η is what a minibatch adds to nβ times the gradient. Equating E δ'² and E δ² gives the
stationary variance

    v_i = (1 + ε·c_i/4) / (p_i·(1 − ε·p_i/4) − ε·κ_i/4).
"""

from collections.abc import Callable

import numpy as np

from cpbench.errors import UsageError
from cpbench.measurements.truth.squared_loss import Array


def quadratic_llc(
    curvatures: Array,
    *,
    nbeta: float,
    localization: float,
    step_size: float = 0.0,
    gradient_variance: Array | float = 0.0,
    curvature_variance: Array | float = 0.0,
) -> float:
    """Return λ̂ of L = ½ Σ h_i w_i², as Langevin steps of that size find it: ½ Σ a_i·v_i.

    At ε = 0 it is the exact value, ½ Σ a_i / p_i, which is d/2 for nβ·h ≫ γ.

    Args:
        curvatures: h_i, the eigenvalues of the Hessian.
        nbeta: nβ.
        localization: γ.
        step_size: ε.
        gradient_variance: c_i, the variance of nβ·ĝ at w*, from independent minibatches; zero with
            full batches and with a control variate.
        curvature_variance: κ_i, the variance of nβ·ĥ_i, the curvature that a minibatch sees; what a
            control variate leaves. Minibatches must not couple the directions.

    Raises:
        UsageError: If the step is so large that a direction has no stationary state.

    Source: the moments of a linear recursion, as the module says.
    """
    pull = nbeta * curvatures
    variance = _variance(pull + localization, step_size, gradient_variance, curvature_variance)
    return float(0.5 * np.sum(pull * variance))


def quadratic_bias_estimate(
    curvatures: Array,
    *,
    nbeta: float,
    localization: float,
    step_size: float,
    gradient_variance: Array | float = 0.0,
    curvature_variance: Array | float = 0.0,
) -> float:
    """Return b̂ = (ε/8)·E[nβĝ·D] of the same steps: (ε/8) Σ (a_i·p_i·v_i + c_i + κ_i·v_i).

    With full batches λ̂ − b̂ is exact: `quadratic_llc` at this ε less this is `quadratic_llc` at 0.
    The true bias has (a_i/p_i)(c_i + κ_i·v_i) for the last two terms, so that with minibatches b̂ is
    an upper bound, tight where the loss outweighs the localizer.

    Args:
        curvatures: h_i, the eigenvalues of the Hessian.
        nbeta: nβ.
        localization: γ.
        step_size: ε.
        gradient_variance: c_i, as in `quadratic_llc`.
        curvature_variance: κ_i, as in `quadratic_llc`.

    Raises:
        UsageError: If the step is so large that a direction has no stationary state.

    Source: the moments of a linear recursion, as the module says.
    """
    pull = nbeta * curvatures
    precision = pull + localization
    variance = _variance(precision, step_size, gradient_variance, curvature_variance)
    work = (pull * precision + curvature_variance) * variance + gradient_variance
    return float(step_size / 8 * np.sum(work))


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


def _variance(
    precision: Array,
    step_size: float,
    gradient_variance: Array | float,
    curvature_variance: Array | float,
) -> Array:
    """Return v_i."""
    stiffness = precision * (1 - step_size * precision / 4) - step_size * curvature_variance / 4
    if not np.all(stiffness > 0):
        raise UsageError(f"steps of {step_size} have no stationary state: make them smaller")
    return (1 + step_size * gradient_variance / 4) / stiffness
