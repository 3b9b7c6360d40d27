"""Initial weights, all from one generator, module by module in the order of their names."""

import math
from collections.abc import Iterable
from typing import cast

import torch
from torch import nn
from torch.nn import init


def initialise(model: nn.Module, generator: torch.Generator, *, he_normal: bool) -> None:
    """Fill every parameter and buffer of a model in place.

    Convolutions: He-normal by fan-out (He et al. 2015, eq. 14), as torchvision's ResNets. Batch
    normalisation: scale 1, shift 0. Linear layers: He-normal by fan-in and zero bias when
    `he_normal` (eq. 10); otherwise torch's uniform default, U(±1/√fan_in).

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
            _initialise_linear(module, generator, he_normal=he_normal)
        elif next(module.parameters(recurse=False), None) is not None:
            raise TypeError(f"{name}: no initialisation is defined for {type(module).__name__}")


def _initialise_linear(module: nn.Linear, generator: torch.Generator, *, he_normal: bool) -> None:
    if he_normal:
        init.kaiming_normal_(module.weight, nonlinearity="relu", generator=generator)
        init.zeros_(module.bias)
        return
    bound = 1 / math.sqrt(module.in_features)
    init.uniform_(module.weight, -bound, bound, generator=generator)
    init.uniform_(module.bias, -bound, bound, generator=generator)
