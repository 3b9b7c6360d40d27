"""Initial weights, all from one generator, module by module in the order of their names."""

import math
from collections.abc import Iterable
from typing import cast

import torch
from torch import nn
from torch.nn import init


def initialise(model: nn.Module, generator: torch.Generator, *, linear_gain: float | None) -> None:
    """Fill every parameter and buffer of a model in place.

    Convolutions: He-normal by fan-out (He et al. 2015, eq. 14), as torchvision's ResNets. Batch
    normalisation: scale 1, shift 0. Linear layers: normal with standard deviation
    `linear_gain`/√fan_in and zero bias, which with √2 is He-normal (eq. 10); without a gain torch's
    uniform default, U(±1/√fan_in).

    Raises:
        TypeError: A module with parameters of its own has no rule.
    """
    for name, module in cast("Iterable[tuple[str, nn.Module]]", model.named_modules()):
        if isinstance(module, nn.Conv2d):
            init.kaiming_normal_(
                module.weight, mode="fan_out", nonlinearity="relu", generator=generator
            )
            if module.bias is not None:
                init.zeros_(module.bias)
        elif isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            init.ones_(module.weight)
            init.zeros_(module.bias)
        elif isinstance(module, nn.Linear):
            _initialise_linear(module, generator, linear_gain)
        elif next(module.parameters(recurse=False), None) is not None:
            raise TypeError(f"{name}: no initialisation is defined for {type(module).__name__}")


def _initialise_linear(
    module: nn.Linear, generator: torch.Generator, linear_gain: float | None
) -> None:
    bias = cast("nn.Parameter | None", module.bias)
    root = math.sqrt(module.in_features)
    if linear_gain is not None:
        init.normal_(module.weight, 0.0, linear_gain / root, generator=generator)
        if bias is not None:
            init.zeros_(bias)
        return
    init.uniform_(module.weight, -1 / root, 1 / root, generator=generator)
    if bias is not None:
        init.uniform_(bias, -1 / root, 1 / root, generator=generator)
