"""Another implementation of λ̂ beside ours, at the same settings: devinterp 1.3.2.

The last version that takes any module. It is called through its public functions and installed in
an environment of its own, never in the project's.
"""

import importlib
import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from cpbench.api import llc
from cpbench.measurements.llc.losses import LOSSES
from cpbench.measurements.llc.settings import Backend

VERSION = "1.3.2"

SEEDS_APART = 1000
"""devinterp's chain i has seed s + i: seeds further apart than chains share none."""


class Langevin(NamedTuple):
    """What both are told."""

    nbeta: float
    localization: float
    """γ."""
    step_size: float
    """ε."""
    num_chains: int
    num_burnin_steps: int
    num_draws: int
    batch_size: int


class Subject(NamedTuple):
    """What λ̂ is asked of."""

    model: nn.Module
    inputs: Tensor
    targets: Tensor
    loss: str
    """Its name in `cpbench.llc`."""


Method = Callable[[Subject, Langevin, int], float | None]
"""(subject, settings, seed) → λ̂, or None where there is no number."""


class TensorLoader(DataLoader[tuple[Tensor, ...]]):
    """Shuffled batches of tensors in memory, each cut out in one piece."""

    def __iter__(self) -> Iterator[tuple[Tensor, ...]]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Begin a new order.

        Yields:
            Inputs and targets of one batch; the last may be smaller.
        """
        inputs, targets = self.dataset[:]
        order = torch.tensor(list(iter(self.sampler)))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
        for start in range(0, len(order), self.batch_size or 1):
            chosen = order[start : start + (self.batch_size or 1)]
            yield inputs[chosen], targets[chosen]


def common_use(subject: Subject, run: Langevin, seed: int) -> float | None:
    """Return devinterp's λ̂ as its examples call it: a DataLoader, L(w*) from a few batches."""
    return _devinterp(subject, DataLoader, run, seed, init_loss=None)


def expert_use(subject: Subject, run: Langevin, seed: int) -> float | None:
    """Return devinterp's λ̂ with L(w*) from all examples, and batches cut from tensors."""
    with torch.no_grad():
        losses = LOSSES[subject.loss](subject.model(subject.inputs), subject.targets)
    return _devinterp(subject, TensorLoader, run, seed, init_loss=losses.double().mean().item())


def ours(
    subject: Subject, run: Langevin, seed: int, backend: Backend | None = None
) -> float | None:
    """Return cpbench's λ̂ − b̂, without extension."""
    return llc(
        *subject,
        nbeta=run.nbeta,
        localization=run.localization,
        seed=seed,
        step_size=run.step_size,
        num_chains=run.num_chains,
        num_burnin_steps=run.num_burnin_steps,
        num_draws=run.num_draws,
        max_draws=run.num_draws,
        batch_size=run.batch_size,
        backend=backend,
    ).llc


def _devinterp(
    subject: Subject,
    make_loader: type[DataLoader[tuple[Tensor, ...]]],
    run: Langevin,
    seed: int,
    *,
    init_loss: float | None,
) -> float | None:
    sampler = importlib.import_module("devinterp.slt.sampler")
    loss = LOSSES[subject.loss]

    def evaluate(model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
        return loss(model(batch[0]), batch[1]).mean()

    data = TensorDataset(subject.inputs, subject.targets)
    # Chains get copies of the loader: with a generator of its own all would see the same batches.
    torch.default_generator.manual_seed(seed)
    found = sampler.estimate_learning_coeff_with_summary(
        subject.model,
        make_loader(data, batch_size=run.batch_size, shuffle=True),
        evaluate=evaluate,
        optimizer_kwargs={
            "lr": run.step_size,
            "localization": run.localization,
            "nbeta": run.nbeta,
        },
        num_draws=run.num_draws,
        num_chains=run.num_chains,
        num_burnin_steps=run.num_burnin_steps,
        init_loss=init_loss,
        seed=SEEDS_APART * seed,
        verbose=False,
    )
    value = float(found["llc/mean"])
    return value if math.isfinite(value) else None
