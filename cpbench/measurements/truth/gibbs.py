"""λ̂ of a deep linear net without step size: Gibbs sampling, one layer at a time.

The density is ∝ exp(−nβ·L(w) − (γ/2)|w − w*|²) with L the squared loss. While all other layers are
held it is Gaussian in W_l. With U = W_L ⋯ W_{l+1}, V = W_{l−1} ⋯ W_1, and the eigenbases P of UᵀU
(eigenvalues p) and Q of VSVᵀ (eigenvalues q), the entries of PᵀW_lQ are independent, with

    precision nβ·p_i·q_j + γ,   mean (Pᵀ(nβ·UᵀCVᵀ + γ·W*_l)Q)_ij / precision.

There is nothing to tune, and nothing but the number of sweeps stands between the mean and λ̂.

Source: Geman & Geman (1984) for the sampler; the conditional is that of Bayesian linear regression.
"""

import math
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from cpbench.errors import UsageError
from cpbench.measurements.truth.squared_loss import Array, Layers, SquaredLoss, product

MIN_CHAINS = 2
MIN_SWEEPS = 8
"""The fewest that make two batches."""


class GibbsRun(NamedTuple):
    """The size of a run."""

    num_sweeps: int = 3000
    """Sweeps that are read, per chain."""
    num_burnin_sweeps: int = 500
    num_chains: int = 4
    """Half begin at w*, half at w* + N(0, I/γ)."""


STANDARD_RUN = GibbsRun()


class GibbsReading(NamedTuple):
    """λ̂ = nβ(E[L(w)] − L(w*)) and how far it can be trusted."""

    llc: float
    se: float
    """Standard error: the larger of that of batch means and that of the chains' means."""


class _Posterior(NamedTuple):
    anchors: Layers
    loss: SquaredLoss
    nbeta: float
    localization: float


def gibbs_llc(
    layers: Layers,
    loss: SquaredLoss,
    *,
    nbeta: float,
    localization: float,
    generator: np.random.Generator,
    run: GibbsRun = STANDARD_RUN,
) -> GibbsReading:
    """Return λ̂ at these layers, which need not be a minimum.

    Args:
        layers: w*: W_1, …, W_L of y = W_L ⋯ W_1 x.
        loss: L, from `data_loss` or `population_loss`.
        nbeta: nβ.
        localization: γ.
        generator: All of the randomness.
        run: The size of the run.

    Raises:
        UsageError: If nβ or γ is not positive, or there are too few chains or sweeps for an error.
    """
    if not (nbeta > 0 and localization > 0):
        raise UsageError(f"nbeta {nbeta} and localization {localization} must be positive")
    if run.num_chains < MIN_CHAINS or run.num_sweeps < MIN_SWEEPS:
        raise UsageError(
            f"{run.num_chains} chains of {run.num_sweeps} sweeps have no standard error: "
            f"take at least {MIN_CHAINS} of {MIN_SWEEPS}"
        )
    posterior = _Posterior(layers, loss, nbeta, localization)
    state = _start(layers, localization, run.num_chains, generator)
    reference = product(layers)
    excess = np.empty((run.num_sweeps, run.num_chains))
    for sweep in range(-run.num_burnin_sweeps, run.num_sweeps):
        state = _sweep(state, posterior, generator)
        if sweep >= 0:
            excess[sweep] = nbeta * loss.excess(product(state), reference)
    return GibbsReading(float(excess.mean()), max(_batch_error(excess), _chain_error(excess)))


def _start(
    layers: Layers, localization: float, num_chains: int, generator: np.random.Generator
) -> list[Array]:
    """Return the layers of all chains; each of shape [chain, out, in]."""
    is_hot = np.arange(num_chains)[:, None, None] >= num_chains - num_chains // 2
    spread = is_hot / math.sqrt(localization)
    return [
        layer + spread * generator.standard_normal((num_chains, *layer.shape)) for layer in layers
    ]


def _sweep(
    state: list[Array], posterior: _Posterior, generator: np.random.Generator
) -> list[Array]:
    """Return the layers, each drawn anew, from the first to the last."""
    outputs, inputs = posterior.loss.cross.shape
    # Layers above the one at work are still the old ones: their products can be had beforehand.
    above = list(accumulate(state[:0:-1], np.matmul, initial=np.eye(outputs)))[::-1]
    below, drawn = np.eye(inputs), list[Array]()
    for anchor, after in zip(posterior.anchors, above, strict=True):
        layer = _draw(anchor, after, below, posterior, generator)
        drawn.append(layer)
        below = layer @ below
    return drawn


def _draw(
    anchor: Array,
    after: Array,
    before: Array,
    posterior: _Posterior,
    generator: np.random.Generator,
) -> Array:
    """Return one layer of every chain, from its distribution given the products around it."""
    loss, nbeta, localization = posterior.loss, posterior.nbeta, posterior.localization
    p, left = np.linalg.eigh(after.mT @ after)
    q, right = np.linalg.eigh(before @ loss.inputs @ before.mT)
    precision = nbeta * p[..., :, None] * q[..., None, :] + localization
    pull = nbeta * (after.mT @ loss.cross @ before.mT) + localization * anchor
    mean = left.mT @ pull @ right / precision
    rotated = mean + generator.standard_normal(mean.shape) / np.sqrt(precision)
    return left @ rotated @ right.mT


def _batch_error(draws: Array) -> float:
    """Return the standard error from means of batches of n^(2/3) draws; shape [draw, chain].

    Source: Flegal & Jones (2010).
    """
    size = math.ceil(len(draws) ** (2 / 3))
    number = len(draws) // size
    means = draws[: number * size].reshape(number, size, -1).mean(1)
    return math.sqrt(means.var(0, ddof=1).mean() / means.size)


def _chain_error(draws: Array) -> float:
    """Return the standard error from the spread of the chains' means."""
    return math.sqrt(draws.mean(0).var(ddof=1) / draws.shape[1])
