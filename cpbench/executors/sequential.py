"""The reference: one stretch after another, each from its parent's stored state to its own."""

import hashlib
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import torch

from cpbench.checkpoint import from_bytes, to_bytes
from cpbench.datasets import load
from cpbench.plan.forest import Stretch
from cpbench.specs.training import Optimizer, Sgd
from cpbench.store import Manifest, Origin, Store
from cpbench.training.device import describe, numerics, versions
from cpbench.training.learner import new_learner, resumed, train

Progress = Callable[[Stretch], None]


class Workshop(NamedTuple):
    """Where a stretch finds its data and leaves its weights."""

    data: Path
    store: Store
    device: torch.device
    origin: Origin


def open_workshop(
    data: Path, store: Path, device: torch.device, origin: Origin | None = None
) -> Workshop:
    """Return a workshop for one device; `origin` is noted with everything it trains."""
    return Workshop(data, Store(store, numerics(device).values()), device, origin or Origin())


def execute(stretches: Iterable[Stretch], workshop: Workshop, progress: Progress) -> None:
    """Train every stretch that is not stored, parents before children as they come."""
    for stretch in stretches:
        if not workshop.store.has(stretch.state):
            train_stretch(stretch, workshop)
        progress(stretch)


def train_stretch(stretch: Stretch, workshop: Workshop) -> None:
    """Train one stretch from its parent's stored state and store the result.

    A stretch whose parent diverged, or that diverges itself, is stored with the epoch of the
    divergence: that is an outcome, not a failure to try again.

    Raises:
        IntegrityError: The parent's state is damaged.
        EnvironmentFault: The data are missing or the disk is full.
    """
    began = time.perf_counter()
    root, optimizer, diverged = stretch.root, _optimizer(stretch), None
    if stretch.parent is None:
        learner = new_learner(root, stretch.seed, optimizer, workshop.device)
    else:
        parent = workshop.store.get(stretch.parent)
        learner = resumed(root, from_bytes(parent.weights), optimizer, workshop.device)
        diverged = parent.manifest.diverged
    if diverged is None and stretch.settings:
        data = load(stretch.root.dataset, stretch.seed, workshop.data, workshop.device)
        diverged = train(learner, data, stretch.settings, seed=stretch.seed, start=stretch.start)
    weights = to_bytes(learner.model, learner.optimizer)
    manifest = Manifest(
        state=stretch.state,
        parent=stretch.parent,
        start=stretch.start,
        stop=stretch.stop,
        numerics=workshop.store.numerics,
        sha256=hashlib.sha256(weights).hexdigest(),
        seconds=time.perf_counter() - began,
        diverged=diverged,
        device=describe(workshop.device),
        versions=versions(),
        commit=workshop.origin.commit,
        ledger_head=workshop.origin.ledger_head,
    )
    workshop.store.put(manifest, weights)


def _optimizer(stretch: Stretch) -> Optimizer:
    """Return the optimizer of the stretch; an initialisation has none, any will do for it."""
    return stretch.settings[0].update.optimizer if stretch.settings else Sgd(kind="sgd", lr=1.0)
