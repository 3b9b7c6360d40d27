"""Optimizers: torch's own, made from the spec and set anew for every epoch.

All are fused, as in a small net a step's time goes into its kernel calls.

Source: torch.optim.SGD for the update, Sutskever et al. (2013) for momentum; Kingma & Ba (2015) and
Loshchilov & Hutter (2019) for Adam and AdamW.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from cpbench.specs.training import Optimizer, Update


def make_optimizer(model: nn.Module, spec: Optimizer) -> torch.optim.Optimizer:
    """Return the optimizer of a model, without state."""
    make: Any = MAKERS[spec.kind]  # each has arguments of its own, named as in the spec
    return make(model.parameters(), **_settings(spec), fused=True)


def adjust(optimizer: torch.optim.Optimizer, update: Update) -> None:
    """Give the optimizer the settings of the coming epoch; its state is carried over."""
    for group in optimizer.param_groups:
        group.update(_settings(update.optimizer))


def _settings(spec: Optimizer) -> dict[str, object]:
    return {name: value for name, value in spec if name != "kind"}


MAKERS: Mapping[str, type[torch.optim.Optimizer]] = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "sgd": torch.optim.SGD,
}
