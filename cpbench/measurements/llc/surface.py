"""The mean loss of models on their examples, as a function of their flat weights.

A *point* is one model with its data: a checkpoint. Points of one architecture are evaluated
together, each with several *rows* of weights: its chains.
"""

import copy
import math
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

import torch
from jaxtyping import Float, Float64
from torch import Tensor, nn

from cpbench.measurements.llc.backends import LossFunction, Program, num_activations
from cpbench.measurements.llc.settings import Backend

CPU_BYTES = 2**30
"""Of activations held at once on a CPU."""
GPU_SHARE = 0.4
"""Of a GPU's whole memory that activations may take."""
MIN_SLICES = 50
"""Slices of the examples whose spread gives the standard error of the loss at w*."""


class Point(NamedTuple):
    """One model at w*, and all that L is measured on."""

    model: nn.Module
    inputs: Tensor
    targets: Tensor


class Slopes(NamedTuple):
    """Loss and gradient at each row of weights."""

    losses: Float64[Tensor, "point row"]
    gradients: Float[Tensor, "point row weight"]


class LossSurface:
    """Mean losses of some points on batches of their examples, at many weights at once.

    It holds copies of the models in eval mode: running statistics are frozen, dropout is off, and
    the callers' models are never touched. The examples are split once, in an order all points
    share, into batches of equal size (± 1). Losses are averaged over examples in double precision.

    Args:
        points: Of one architecture, with equally many examples of equal shape, on one device.
        loss: The loss of each example, or their mean.
        batch_size: Examples per batch, at most.
        backend: How it is evaluated; it moves no digit of note.
        generator: Splits the examples into batches; on the CPU.
        weight_decay: Adds half of it times |w|² to the loss.
    """

    def __init__(
        self,
        points: Sequence[Point],
        *,
        loss: LossFunction,
        batch_size: int,
        backend: Backend,
        generator: torch.Generator,
        weight_decay: float = 0.0,
    ) -> None:
        model = copy.deepcopy(points[0].model).eval().requires_grad_(requires_grad=False)
        self._program = Program(model, loss, backend)
        self._shapes = [each.shape for each in model.parameters()]
        self._buffers = [
            torch.stack(each)
            for each in zip(*(tuple(p.model.buffers()) for p in points), strict=True)
        ]
        self.origin: Float[Tensor, "point weight"] = torch.stack(
            [torch.cat([w.detach().flatten() for w in p.model.parameters()]) for p in points]
        )
        num_examples = len(points[0].inputs)
        self.num_batches = math.ceil(num_examples / batch_size)
        order = torch.randperm(num_examples, generator=generator).to(self.origin.device)
        self._inputs = _stacked([point.inputs for point in points], order)
        self._targets = _stacked([point.targets for point in points], order)
        ends = [num_examples * batch // self.num_batches for batch in range(self.num_batches + 1)]
        self._batches = [slice(*bounds) for bounds in pairwise(ends)]
        self._at_once = _at_once(model, points[0])
        self._weight_decay = weight_decay

    @property
    def num_points(self) -> int:
        """How many models there are."""
        return len(self.origin)

    @property
    def num_examples(self) -> int:
        """How many examples each mean is over."""
        return self._inputs.shape[1]

    def share(self, batch: int) -> float:
        """Return the number of examples of a batch over the mean number; 1 up to rounding."""
        bounds = self._batches[batch]
        return (bounds.stop - bounds.start) * self.num_batches / self.num_examples

    def losses(
        self, weights: Float[Tensor, "point row weight"], batch: int, number: int = 1
    ) -> Float64[Tensor, "point row"]:
        """Return the mean loss at each row of weights, on a batch and those after it."""
        last = self._batches[batch + number - 1]
        return self._losses(weights, slice(self._batches[batch].start, last.stop))

    def slopes(self, weights: Float[Tensor, "point row weight"], batch: int) -> Slopes:
        """Return mean loss and gradient on a batch at each row of weights."""
        total, gradients = self._penalty(weights), self._weight_decay * weights
        for part in self._parts(weights.shape[1], self._batches[batch]):
            losses, parts = self._program.slopes(
                self._split(weights[part.points, part.rows]), *self._data(part)
            )
            total[part.points, part.rows] += part.share * losses
            flat = torch.cat([each.reshape(*each.shape[:2], -1) for each in parts], dim=2)
            gradients[part.points, part.rows] += part.share * flat
        return Slopes(total, gradients)

    def loss_errors(self) -> Float64[Tensor, " point"]:
        """Return each point's standard error of L(w*), from the spread over slices of examples."""
        number = min(MIN_SLICES, self.num_examples)
        if number < 2:  # noqa: PLR2004
            return torch.full((self.num_points,), math.nan)
        ends = [self.num_examples * each // number for each in range(number + 1)]
        slices = [self._losses(self.origin[:, None], slice(*each)) for each in pairwise(ends)]
        return torch.cat(slices, dim=1).std(1) / math.sqrt(number)

    def _losses(self, weights: Tensor, examples: slice) -> Tensor:
        total = self._penalty(weights)
        for part in self._parts(weights.shape[1], examples):
            total[part.points, part.rows] += part.share * self._program.losses(
                self._split(weights[part.points, part.rows]), *self._data(part)
            )
        return total

    def _penalty(self, weights: Tensor) -> Tensor:
        return self._weight_decay / 2 * weights.square().sum(2, dtype=torch.float64)

    def _parts(self, num_rows: int, examples: slice) -> list["_Part"]:
        """Cut points × rows × examples into pieces that fit into memory."""
        size = examples.stop - examples.start
        rows = max(1, self._at_once // size)
        points = max(1, rows // num_rows)
        if points >= self.num_points and rows >= num_rows:
            return [_Part(slice(None), slice(None), examples, 1.0)]
        step = min(size, self._at_once)
        return [
            _Part(
                slice(point, point + points),
                slice(row, row + rows),
                slice(start, min(start + step, examples.stop)),
                (min(start + step, examples.stop) - start) / size,
            )
            for point in range(0, self.num_points, points)
            for row in range(0, num_rows, rows)
            for start in range(examples.start, examples.stop, step)
        ]

    def _data(self, part: "_Part") -> tuple[list[Tensor], Tensor, Tensor]:
        buffers = [each[part.points] for each in self._buffers]
        return (
            buffers,
            self._inputs[part.points, part.examples],
            self._targets[part.points, part.examples],
        )

    def _split(self, weights: Float[Tensor, "point row weight"]) -> list[Tensor]:
        """Return one view per parameter."""
        ends = accumulate((shape.numel() for shape in self._shapes), initial=0)
        return [
            weights[..., start:end].unflatten(-1, shape) if shape else weights[..., start]
            for shape, (start, end) in zip(self._shapes, pairwise(ends), strict=True)
        ]


class _Part(NamedTuple):
    points: slice
    rows: slice
    examples: slice
    share: float
    """Of the batch's examples."""


def _stacked(tensors: list[Tensor], order: Tensor) -> Tensor:
    """Return the points' tensors as one, in this order of examples."""
    return torch.stack([each[order] for each in tensors])


def _at_once(model: nn.Module, point: Point) -> int:
    """Return how many pairs of row and example fit into memory at once.

    An example takes the outputs of all layers, held for the backward pass, and as much again.
    """
    device = point.inputs.device
    memory = int(GPU_SHARE * device_memory(device)) if device.type == "cuda" else CPU_BYTES
    held = point.inputs[0].numel() + num_activations(model, point.inputs)
    return max(1, memory // (2 * 4 * held))


def device_memory(device: torch.device) -> int:
    """Return all of a GPU's memory, in bytes: unlike what is free, the same in every run."""
    return int(torch.cuda.get_device_properties(device).total_memory)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
