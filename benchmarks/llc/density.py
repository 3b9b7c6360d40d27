"""U = nβ(L(w) − L(w*)) and its gradient at many weights, written apart from the estimator."""

from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

import torch
from jaxtyping import Float, Float64
from torch import Tensor, nn
from torch.func import functional_call, grad_and_value, vmap


class Task(NamedTuple):
    """What L is."""

    inputs: Tensor
    targets: Tensor
    loss: Callable[[Tensor, Tensor], Tensor]
    """(outputs, targets) → the loss of each example."""
    nbeta: float
    localization: float
    """γ."""


class Slope(NamedTuple):
    """U and its gradient, row by row."""

    excess: Float64[Tensor, " row"]
    """U."""
    pull: Float[Tensor, "row weight"]
    """nβ·∇L."""


Evaluate = Callable[[Float[Tensor, "row weight"]], Slope]


def evaluator(
    models: Sequence[nn.Module], task: Task, num_chains: int, *, is_batched: bool
) -> Evaluate:
    """Return U and its gradient as a function of w − w* of all rows: models × chains."""
    origin = torch.stack([_flat(each) for each in models]).repeat_interleave(num_chains, 0)
    names = [name for name, _ in models[0].named_buffers()]
    states = [dict(each.named_buffers()) for each in models]
    buffers = {
        name: torch.stack([state[name] for state in states]).repeat_interleave(num_chains, 0)
        for name in names
    }
    one = grad_and_value(_mean_loss(models[0].eval(), task))
    every = vmap(one) if is_batched else _looped(one)
    start = every(origin, buffers)[1]

    def evaluate(offset: Tensor) -> Slope:
        gradient, value = every(origin + offset, buffers)
        return Slope(task.nbeta * (value - start), task.nbeta * gradient)

    return evaluate


def _flat(model: nn.Module) -> Tensor:
    return torch.cat([each.detach().flatten() for each in model.parameters()])


def _mean_loss(model: nn.Module, task: Task) -> Callable[[Tensor, dict[str, Tensor]], Tensor]:
    """Return L as a function of one row of weights, and of buffers."""
    shapes = {name: each.shape for name, each in model.named_parameters()}
    ends = list(accumulate((each.numel() for each in shapes.values()), initial=0))

    def mean_loss(weights: Tensor, buffers: dict[str, Tensor]) -> Tensor:
        named = {
            name: weights[start:end].view(shape)
            for (name, shape), (start, end) in zip(shapes.items(), pairwise(ends), strict=True)
        }
        outputs = functional_call(model, named | buffers, (task.inputs,))
        return task.loss(outputs, task.targets).double().mean()

    return mean_loss


Every = Callable[[Tensor, dict[str, Tensor]], tuple[Tensor, Tensor]]


def _looped(one: Every) -> Every:
    """Return what `vmap` would, row by row."""

    def loop(weights: Tensor, buffers: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        rows = [
            one(row, {name: each[index] for name, each in buffers.items()})
            for index, row in enumerate(weights)
        ]
        return torch.stack([row[0] for row in rows]), torch.stack([row[1] for row in rows])

    return loop
