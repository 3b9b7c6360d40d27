"""What λ̂ is taken of here: losses with a known answer, and nets that could be disturbed."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import cpbench
from cpbench.measurements.llc.reading import LLCReading
from cpbench.measurements.truth import Examples, Layers

ONCE = {"num_burnin_steps": 50, "num_draws": 60, "max_draws": 60}
"""A run long enough to have every number, and no longer."""


class Formula(nn.Module):
    """A model whose output is its loss, at weights of one's choice."""

    def __init__(self, loss: Callable[[Tensor], Tensor], start: tuple[float, ...]) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.tensor(start))
        self.loss = loss

    def forward(self, inputs: Tensor) -> Tensor:
        return self.loss(self.weights) + 0 * inputs


def of_formula(
    loss: Callable[[Tensor], Tensor], *, start: tuple[float, ...] = (0.0, 0.0), **settings: Any
) -> LLCReading:
    """Return λ̂ of a loss that is a function of the weights alone; no extension unless asked for."""
    settings = {"max_draws": settings.get("num_draws", 600), **settings}
    nothing = torch.zeros(2)
    return cpbench.llc(
        Formula(loss, start), nothing, nothing, lambda outputs, _: outputs, **settings
    )


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def random(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def linear_net(layers: Layers) -> nn.Sequential:
    """Return the deep linear net with these layers."""
    net = nn.Sequential(*(nn.Linear(each.shape[1], len(each), bias=False) for each in layers))
    with torch.no_grad():
        for weights, layer in zip(net.parameters(), layers, strict=True):
            weights[:] = torch.as_tensor(layer)
    return net


def tensors(examples: Examples) -> tuple[Tensor, Tensor]:
    inputs, targets = (torch.tensor(each, dtype=torch.float32) for each in examples)
    return inputs, targets


def with_weights(model: nn.Module, seed: int = 7) -> nn.Module:
    """Return the model with random parameters and running statistics."""
    noise = seeded(seed)
    for weights in model.parameters():
        weights.data = torch.randn(weights.shape, generator=noise) / 2
    for buffer in model.buffers():
        if buffer.is_floating_point():
            buffer.copy_(torch.rand(buffer.shape, generator=noise) + 0.5)
    return model


def mlp(seed: int = 7) -> nn.Module:
    """Return a net with everything that could be disturbed, in training mode."""
    layers = nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(), nn.Linear(8, 4)
    return with_weights(nn.Sequential(*layers).train(), seed)


def conv_net(seed: int = 7) -> nn.Module:
    layers = nn.Conv2d(2, 5, 3, padding=1), nn.BatchNorm2d(5), nn.ReLU(), nn.Flatten()
    return with_weights(nn.Sequential(*layers, nn.Linear(5 * 16, 4)), seed)


def vectors(num_examples: int = 103, seed: int = 0) -> tuple[Tensor, Tensor]:
    inputs = torch.randn(num_examples, 6, generator=seeded(seed))
    return inputs, torch.arange(num_examples) % 4


def images(num_examples: int = 103, seed: int = 0) -> tuple[Tensor, Tensor]:
    inputs = torch.randn(num_examples, 2, 4, 4, generator=seeded(seed))
    return inputs, torch.arange(num_examples) % 4


def state(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def is_same(before: dict[str, Tensor], after: dict[str, Tensor]) -> bool:
    return before.keys() == after.keys() and all(
        torch.equal(value, after[name]) for name, value in before.items()
    )
