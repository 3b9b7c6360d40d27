"""Optimizers: torch's own, made from the spec and set anew for every epoch.

All are fused, as in a small net a step's time goes into its kernel calls.

Source: torch.optim.SGD for the update, Sutskever et al. (2013) for momentum; Kingma & Ba (2015) and
Loshchilov & Hutter (2019) for Adam and AdamW.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from cpbench.specs.training import Adam, AdamW, Optimizer, Sgd, Update


def make_optimizer(model: nn.Module, spec: Optimizer) -> torch.optim.Optimizer:
    """Return the optimizer of a model, without state."""
    return MAKERS[spec.kind](model, spec)


def adjust(optimizer: torch.optim.Optimizer, update: Update) -> None:
    """Give the optimizer the settings of the coming epoch; its state is carried over."""
    settings = {name: value for name, value in update.optimizer if name != "kind"}
    for group in optimizer.param_groups:
        group.update(settings)


def make_sgd(model: nn.Module, spec: Sgd) -> torch.optim.Optimizer:
    """Return torch's SGD."""
    return torch.optim.SGD(
        model.parameters(),
        lr=spec.lr,
        momentum=spec.momentum,
        weight_decay=spec.weight_decay,
        nesterov=spec.nesterov,
        fused=True,
    )


def make_adam(model: nn.Module, spec: Adam) -> torch.optim.Optimizer:
    """Return torch's Adam."""
    return torch.optim.Adam(
        model.parameters(),
        lr=spec.lr,
        betas=spec.betas,
        eps=spec.eps,
        weight_decay=spec.weight_decay,
        fused=True,
    )


def make_adamw(model: nn.Module, spec: AdamW) -> torch.optim.Optimizer:
    """Return torch's AdamW."""
    return torch.optim.AdamW(
        model.parameters(),
        lr=spec.lr,
        betas=spec.betas,
        eps=spec.eps,
        weight_decay=spec.weight_decay,
        fused=True,
    )


MAKERS: Mapping[str, Callable[[nn.Module, Any], torch.optim.Optimizer]] = {
    "adam": make_adam,
    "adamw": make_adamw,
    "sgd": make_sgd,
}
