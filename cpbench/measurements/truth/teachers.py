"""Deep linear teachers whose learning coefficient is known, their data, and the fit to the data.

A teacher of rank r has rank r in every layer. Drawn with full-rank layers it would sit at another
point of the set of minima, where the local coefficient is larger: see `reduced_rank_at`.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cpbench.errors import UsageError
from cpbench.measurements.truth.squared_loss import Array, Layers, SquaredLoss, product

SINGULAR_VALUES = (0.7, 1.5)
"""Range of a layer's nonzero singular values: far from zero at every nβ worth a test."""

MIN_CONDITION = 1e-12
"""Least over largest eigenvalue of the inputs' moments; below it the least is rounding."""


class Examples(NamedTuple):
    """What a teacher shows."""

    inputs: Array
    """Shape [examples, in]."""
    targets: Array
    """Shape [examples, out]."""


def teacher(widths: Sequence[int], rank: int, generator: np.random.Generator) -> list[Array]:
    """Return layers of one rank, in random directions, whose product has that rank too.

    Each layer maps the r directions that the one before it fills, and no others.

    Args:
        widths: Of inputs, hidden layers and outputs, in order.
        rank: r.
        generator: All of the randomness.

    Returns:
        W_1, …, W_L; shapes [widths[l], widths[l − 1]].

    Raises:
        UsageError: If the rank does not fit through the narrowest width.
    """
    if not 0 <= rank <= min(widths):
        raise UsageError(f"rank {rank} does not fit through widths {widths}")
    frames = [np.linalg.qr(generator.standard_normal((width, rank))).Q for width in widths]
    scales = generator.uniform(*SINGULAR_VALUES, (len(widths) - 1, rank))
    return [
        after * scale @ before.T
        for before, scale, after in zip(frames[:-1], scales, frames[1:], strict=True)
    ]


def regression_data(
    layers: Layers,
    num_examples: int,
    noise: float,
    generator: np.random.Generator,
    *,
    is_noise_orthogonal: bool = False,
) -> Examples:
    """Return examples y = W_L ⋯ W_1 x + σξ with x ~ N(0, I) and ξ ~ N(0, I).

    Args:
        layers: The teacher.
        num_examples: n.
        noise: σ.
        generator: All of the randomness.
        is_noise_orthogonal: Whether to take out of the noise what a linear map of the inputs can
            fit. Then the teacher itself is a global minimum of the loss on these very examples,
            while single examples still pull it their way.
    """
    whole = product(layers)
    inputs = generator.standard_normal((num_examples, whole.shape[1]))
    errors = noise * generator.standard_normal((num_examples, whole.shape[0]))
    if is_noise_orthogonal:
        errors -= inputs @ np.linalg.lstsq(inputs, errors)[0]
    return Examples(inputs, inputs @ whole.T + errors)


def fit(layers: Layers, loss: SquaredLoss) -> list[Array]:
    """Return layers near these with the least loss that their rank allows.

    The product becomes the reduced-rank regression PPᵀCS⁻¹, P the leading left singular vectors of
    CS^(−1/2). The last layer is projected to the span of P, the first takes up the rest; those in
    between stay. With two layers or more all gradients vanish there. If the rank is the least width
    it is a global minimum; if some width is spare and the data are noisy it is a saddle, since
    spare rank can fit noise: for a minimum take `is_noise_orthogonal` data, which need no fit.

    Args:
        layers: All of one rank, with a product of that rank, as `teacher` makes them.
        loss: What to fit.

    Raises:
        UsageError: If the inputs do not span their space.

    Source: Izenman (1975), Reduced-rank regression for the multivariate linear model.
    """
    rank = int(np.linalg.matrix_rank(product(layers)))
    scale, axes = np.linalg.eigh(loss.inputs)
    if not scale[0] > MIN_CONDITION * scale[-1]:
        raise UsageError("the inputs do not span their space: take more examples than inputs")
    whitened = loss.cross @ axes / np.sqrt(scale)
    leading = np.linalg.svd(whitened).U[:, :rank]
    best = leading @ leading.T @ (whitened / np.sqrt(scale)) @ axes.T
    if len(layers) == 1:
        return [best]
    above = [*layers[1:-1], leading @ leading.T @ layers[-1]]
    return [np.linalg.pinv(product(above), rtol=1e-10) @ best, *above]
