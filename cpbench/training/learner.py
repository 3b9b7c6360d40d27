"""A learner: a model with its optimizer, taken from one epoch to another."""

import math
from typing import NamedTuple

import torch
from torch import nn

from cpbench.checkpoint import Checkpoint, restore
from cpbench.datasets import Data
from cpbench.models import build
from cpbench.plan.forest import Root
from cpbench.plan.timelines import Timeline
from cpbench.specs.training import Optimizer
from cpbench.streams import generator
from cpbench.training.feed import Feed
from cpbench.training.loop import train_epoch
from cpbench.training.optimizers import make_optimizer


class Learner(NamedTuple):
    """What training moves. Its parts are changed in place; that is the only state cpbench has."""

    model: nn.Module
    optimizer: torch.optim.Optimizer


def new_learner(root: Root, seed: int, optimizer: Optimizer, device: torch.device) -> Learner:
    """Return an untrained learner: weights from the `init` stream of its seed, no momentum."""
    model = build(root.model, root.dataset, generator(seed, "init"), device)
    return Learner(model, make_optimizer(model, optimizer))


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


def train(learner: Learner, data: Data, settings: Timeline, *, seed: int, start: int) -> int | None:
    """Train through a timeline, in place.

    Args:
        learner: Model and optimizer.
        data: The replicate's data.
        settings: One `EpochSettings` per epoch.
        seed: The replicate's seed.
        start: Number of the first epoch.

    Returns:
        The epoch in which the loss stopped being finite, after which nothing more is trained; or
        none.
    """
    feed = Feed(data, seed)
    for epoch, each in enumerate(settings, start=start):
        loss = train_epoch(learner.model, learner.optimizer, feed, each, epoch=epoch)
        if not math.isfinite(loss):
            return epoch
    return None
