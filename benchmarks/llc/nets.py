"""Small nets at several epochs of one training run, and a reading beside what it ought to be."""

import copy
import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from benchmarks.llc.mala import Reference
from cpbench.measurements.llc.reading import LLCReading
from cpbench.models.initialisation import initialise

LEARNING_RATE = 0.05
MOMENTUM = 0.9
BATCH = 50


class Examples(NamedTuple):
    """What a net is trained and measured on."""

    inputs: Tensor
    targets: Tensor


def trained(
    model: nn.Module, examples: Examples, epochs: Sequence[int], seed: int
) -> list[nn.Module]:
    """Return copies of a net after each of these numbers of epochs, in eval mode.

    Args:
        model: Its weights are drawn anew.
        examples: Trained on in batches, by SGD with momentum at a constant rate.
        epochs: Ascending.
        seed: Of weights and batches.
    """
    generator = torch.Generator().manual_seed(seed)
    initialise(model, generator, linear_gain=math.sqrt(2))
    model.train()
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM)
    stages: list[nn.Module] = []
    for epoch in range(1, max(epochs) + 1):
        order = torch.randperm(len(examples.inputs), generator=generator)
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            optimizer.zero_grad()
            loss = cross_entropy(model(examples.inputs[batch]), examples.targets[batch])
            loss.backward()  # pyright: ignore[reportUnknownMemberType] - torch leaves it untyped
            optimizer.step()  # pyright: ignore[reportUnknownMemberType] - as above
        if epoch in epochs:
            stages.append(copy.deepcopy(model).eval())
    return stages


def beside(reading: LLCReading, reference: Reference) -> dict[str, object]:
    """Return one line of a table: the reading, the reference and how far they are apart."""
    line: dict[str, object] = {"status": reading.status, "reference": reference._asdict()}
    if reading.llc is None or reading.interval is None or reading.diagnostics is None:
        return line
    low, high = reading.interval
    return line | {
        "nbeta": reading.conditions.nbeta,
        "localization": reading.conditions.localization,
        "step_size": reading.conditions.step_size,
        "batch_size": reading.conditions.batch_size,
        "num_draws": reading.conditions.num_draws,
        "loss": reading.conditions.loss,
        "llc": reading.llc,
        "raw": reading.raw,
        "se": reading.se,
        "low": low,
        "high": high,
        "error": reading.llc / reference.llc - 1,
        "is_within": low <= reference.llc <= high,
        "linear_term": reading.diagnostics.linear_term,
        "r_hat": reading.diagnostics.r_hat,
        "variance_share": reading.diagnostics.variance_share,
    }
