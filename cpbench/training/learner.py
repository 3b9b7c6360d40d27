"""A learner: a model with its optimizer, taken from one epoch to another."""

from typing import NamedTuple

import torch
from torch import nn

from cpbench.checkpoint import Checkpoint, restore
from cpbench.models import build
from cpbench.plan.forest import Root
from cpbench.specs.training import Optimizer
from cpbench.training.optimizers import make_optimizer


class Learner(NamedTuple):
    """What training moves. Its parts are changed in place; that is the only state cpbench has."""

    model: nn.Module
    optimizer: torch.optim.Optimizer


def resumed(
    root: Root, checkpoint: Checkpoint, optimizer: Optimizer, device: torch.device
) -> Learner:
    """Return a learner in a stored state.

    Raises:
        IntegrityError: The state belongs to another model.
    """
    model = build(root.model, root.dataset, None, device)
    learner = Learner(model, make_optimizer(model, optimizer))
    restore(checkpoint, learner.model, learner.optimizer)
    return learner
