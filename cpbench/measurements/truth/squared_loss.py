"""The mean squared loss of a linear net, which its data enter by two moments only."""

from collections.abc import Sequence
from functools import reduce
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Layers = Sequence[Array]
"""W_1, …, W_L of y = W_L ⋯ W_1 x; each of shape [..., out, in]."""


class SquaredLoss(NamedTuple):
    """L(W) = ½ mean |y − Wx|², but for the constant ½ mean |y|²."""

    inputs: Array
    """S = mean xxᵀ; shape [in, in]."""
    cross: Array
    """C = mean yxᵀ; shape [out, in]."""

    def slope(self, whole: Array) -> Array:
        """Return dL/dW = WS − C; shape [out, in]."""
        return whole @ self.inputs - self.cross

    def excess(self, whole: Array, reference: Array) -> Array:
        """Return L(W) − L(W*), without the loss of digits that a difference would have.

        Args:
            whole: W, maps from inputs to outputs; shape [..., out, in].
            reference: W*; shape [out, in].

        Returns:
            One number for each map; shape [...].
        """
        change = whole - reference
        return np.sum(change * (change @ self.inputs / 2 + self.slope(reference)), axis=(-2, -1))


def product(layers: Layers) -> Array:
    """Return W_L ⋯ W_1."""
    return reduce(lambda before, layer: layer @ before, layers)


def data_loss(inputs: Array, targets: Array) -> SquaredLoss:
    """Return the loss on examples.

    Args:
        inputs: x; shape [examples, in].
        targets: y; shape [examples, out].
    """
    return SquaredLoss(inputs.T @ inputs / len(inputs), targets.T @ inputs / len(inputs))


def population_loss(layers: Layers) -> SquaredLoss:
    """Return the loss on endless examples of these layers, with x ~ N(0, I).

    Noise in the targets would only move the constant.
    """
    whole = product(layers)
    return SquaredLoss(np.eye(whole.shape[1]), whole)
