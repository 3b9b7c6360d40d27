"""Deep linear nets of which λ̂ is known: as modules, with the data of which they are the minimum."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from cpbench.measurements.truth import (
    Array,
    Examples,
    GibbsReading,
    data_loss,
    gibbs_llc,
    product,
    regression_data,
    teacher,
)

NUM_EXAMPLES = 5000
NUM_LAYERS = (1, 2, 2, 2, 3, 3, 3, 4, 4, 4)
"""Drawn from evenly."""
WIDTHS = (3, 12)
"""Least and largest."""


class Net(NamedTuple):
    """What a net is made from."""

    widths: tuple[int, ...]
    rank: int
    seed: int
    """Of weights and data."""


class Problem(NamedTuple):
    """A net at a global minimum."""

    layers: list[Array]
    model: nn.Module
    inputs: Tensor
    targets: Tensor
    examples: Examples
    """Inputs and targets in double precision."""
    seed: int

    def exact(self, nbeta: float, localization: float) -> GibbsReading:
        """Return the true λ̂ at this nβ and γ, on these very examples."""
        return gibbs_llc(
            self.layers,
            data_loss(*self.examples),
            nbeta=nbeta,
            localization=localization,
            generator=np.random.default_rng([self.seed, 2]),
        )


def random_nets(seed: int, count: int) -> list[Net]:
    """Return random nets; the first ones do not depend on how many are asked for."""
    generator = np.random.default_rng(seed)
    drawn: list[Net] = []
    for _ in range(count):
        num_widths = NUM_LAYERS[int(generator.integers(len(NUM_LAYERS)))] + 1
        widths = tuple(map(int, generator.integers(*WIDTHS, num_widths, endpoint=True)))
        rank = int(generator.integers(1, min(widths) + 1))
        drawn.append(Net(widths, rank, int(generator.integers(1 << 31))))
    return drawn


def problem(net: Net, noise: float) -> Problem:
    """Return a teacher as a net, with examples of noise σ of which it is a global minimum.

    With common noise the minimum would lie elsewhere, and where some width is spare no closed form
    leads there. Single examples, and so minibatches, pull as they would with common noise.
    """
    generator = np.random.default_rng(net.seed)
    layers = teacher(net.widths, net.rank, generator)
    examples = regression_data(layers, NUM_EXAMPLES, noise, generator, is_noise_orthogonal=True)
    inputs, targets = (torch.tensor(each, dtype=torch.float32) for each in examples)
    return Problem(layers, _module(layers), inputs, targets, examples, net.seed)


def _module(layers: Sequence[Array]) -> nn.Module:
    """Return y = W_L ⋯ W_1 x in single precision."""
    widths = [layers[0].shape[1], *(len(layer) for layer in layers)]
    model = nn.Sequential(*(nn.Linear(a, b, bias=False) for a, b in pairwise(widths)))
    for parameter, layer in zip(model.parameters(), layers, strict=True):
        parameter.data = torch.tensor(layer, dtype=torch.float32)
    return model


def sharpness(layers: Sequence[Array]) -> float:
    """Return the largest curvature of the population loss at these layers, a minimum."""
    outputs, inputs = len(layers[-1]), layers[0].shape[1]
    total = np.zeros((outputs * inputs, outputs * inputs))
    for index in range(len(layers)):
        below = product([np.eye(inputs), *layers[:index]])
        above = product([*layers[index + 1 :], np.eye(outputs)])
        total += np.kron(below.T @ below, above @ above.T)
    return float(np.linalg.eigvalsh(total)[-1])
