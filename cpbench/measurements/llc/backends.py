"""How the mean loss of many weights is evaluated: one after the other, batched, or compiled.

All backends give the same numbers up to rounding; a test holds them together. The rule that chooses
among them, and the benchmark behind it: `docs/design/llc.md`.
"""

import copy
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import torch
from jaxtyping import Float64
from torch import Tensor, nn
from torch.func import functional_call, vmap

from cpbench.measurements.llc.settings import Backend

LossFunction = Callable[[Tensor, Tensor], Tensor]
"""(outputs, targets) → the loss of each example, or already their mean."""

Parameters = Sequence[Tensor]
"""One tensor per parameter, shaped (point, row, *parameter)."""

MAX_GRAPHS = 256
"""Shapes that one process may compile; PyTorch's own limit is 8, and runs the rest uncompiled."""
LARGE_CONVOLUTION = 2**20
"""Outputs of all layers on a batch beyond which batched convolutions lose on a CPU."""
LARGE_PER_EXAMPLE = 2**10
"""Weights per example of a batch beyond which batched products lose on a CPU."""


class Program:
    """Mean losses of one architecture, and their gradients, at many weights on many data sets.

    Args:
        model: Gives the architecture; its own weights do not matter.
        loss: The loss of each example, or their mean.
        backend: How it is evaluated.
    """

    def __init__(self, model: nn.Module, loss: LossFunction, backend: Backend) -> None:
        self._model = model
        self._loss = loss
        self._names = [name for name, _ in model.named_parameters()]
        self._buffer_names = [name for name, _ in model.named_buffers()]
        self._evaluate = self._one_by_one if backend == "loop" else self._batched
        if backend == "compiled":
            self._evaluate = _compiled(self._batched)

    @torch.no_grad()
    def losses(
        self, parameters: Parameters, buffers: Sequence[Tensor], inputs: Tensor, targets: Tensor
    ) -> Float64[Tensor, "point row"]:
        """Return mean losses; all but `parameters` have the point as their first dimension only."""
        return self._evaluate(parameters, buffers, inputs, targets)

    def slopes(
        self, parameters: Parameters, buffers: Sequence[Tensor], inputs: Tensor, targets: Tensor
    ) -> tuple[Float64[Tensor, "point row"], tuple[Tensor, ...]]:
        """Return mean losses and the gradient of each row's own, one tensor per parameter."""
        variables = [each.detach().requires_grad_() for each in parameters]
        losses = self._evaluate(variables, buffers, inputs, targets)
        if not losses.requires_grad:  # a loss that does not read the weights
            return losses, tuple(map(torch.zeros_like, variables))
        # A row's loss depends on that row only, so one backward pass serves all rows.
        gradients = torch.autograd.grad(
            losses.sum(), variables, allow_unused=True, materialize_grads=True
        )
        return losses.detach(), gradients

    def _mean_loss(
        self, parameters: Parameters, buffers: Sequence[Tensor], inputs: Tensor, targets: Tensor
    ) -> Tensor:
        named = dict(zip(self._names, parameters, strict=True))
        named |= zip(self._buffer_names, buffers, strict=True)
        outputs = functional_call(self._model, named, (inputs,))
        return self._loss(outputs, targets).double().mean()

    def _one_by_one(
        self, parameters: Parameters, buffers: Sequence[Tensor], inputs: Tensor, targets: Tensor
    ) -> Tensor:
        num_points, num_rows = parameters[0].shape[:2]
        return torch.stack(
            [
                torch.stack(
                    [
                        self._mean_loss(
                            [each[point, row] for each in parameters],
                            [each[point] for each in buffers],
                            inputs[point],
                            targets[point],
                        )
                        for row in range(num_rows)
                    ]
                )
                for point in range(num_points)
            ]
        )

    def _batched(
        self, parameters: Parameters, buffers: Sequence[Tensor], inputs: Tensor, targets: Tensor
    ) -> Tensor:
        over_rows = vmap(self._mean_loss, in_dims=(0, None, None, None), randomness="different")
        if len(inputs) > 1:
            return vmap(over_rows, randomness="different")(
                list(parameters), list(buffers), inputs, targets
            )
        ones = [each[0] for each in parameters], [each[0] for each in buffers]
        return over_rows(*ones, inputs[0], targets[0])[None]


def _compiled(evaluate: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Return a function that is compiled once per shape, and never falls back in silence."""
    config: Any = import_module("torch._dynamo.config")  # a second that only this backend pays
    compiled = torch.compile(evaluate, dynamic=False)

    def run(*arguments: object) -> Tensor:
        with config.patch(recompile_limit=MAX_GRAPHS, fail_on_recompile_limit_hit=True):
            return compiled(*arguments)

    return run


def num_activations(model: nn.Module, inputs: Tensor) -> int:
    """Return how many numbers all modules of a model give for one example, in its present mode."""
    found: list[int] = []
    hooks = [
        module.register_forward_hook(lambda _, __, out: found.append(_size(out)))
        for module in model.modules()
    ]
    with torch.no_grad():
        model(inputs[:1])
    for hook in hooks:
        hook.remove()
    return sum(found)


def choose_backend(model: nn.Module, inputs: Tensor, batch_size: int) -> Backend:
    """Return the backend that is fastest for this architecture, these shapes and this device.

    On a CPU batched convolutions lose to a loop once they work on many numbers, as do wide layers
    on few examples; else starting one kernel for all chains wins. Compiling needs a C++ compiler
    and up to a minute per architecture, so it is only ever asked for.
    """
    modules = list(model.modules())
    if any(isinstance(each, nn.RNNBase) for each in modules):
        return "loop"  # their kernels cannot be batched
    if inputs.device.type != "cpu":
        return "vmap"
    size = min(batch_size, len(inputs))
    if any(isinstance(each, nn.Conv1d | nn.Conv2d | nn.Conv3d) for each in modules):
        is_large = size * num_activations(copy.deepcopy(model).eval(), inputs) > LARGE_CONVOLUTION
    else:
        is_large = sum(each.numel() for each in model.parameters()) > LARGE_PER_EXAMPLE * size
    return "loop" if is_large else "vmap"


def _size(output: object) -> int:
    return output.numel() if isinstance(output, Tensor) else 0
