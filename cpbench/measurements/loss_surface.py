"""The mean loss of a model on a set of examples, as a function of its flat weights."""

import copy
from collections.abc import Callable, Iterator
from itertools import accumulate
from typing import NamedTuple

import torch
from jaxtyping import Float, Float64, Int
from torch import Tensor, nn
from torch.func import functional_call, vmap
from torch.nn.utils import parameters_to_vector

LossFunction = Callable[[Tensor, Tensor], Tensor]
"""(outputs, targets) → the loss of each example, or already their mean."""


class Slopes(NamedTuple):
    """Loss and gradient at each row of weights."""

    losses: Float64[Tensor, " row"]
    gradients: Float[Tensor, "row weight"]


class LossSurface:
    """Mean loss of one model on one set of examples, at many weights at once.

    It holds a copy of the model in eval mode: running statistics are frozen, dropout is off, and
    the caller's model is never touched. Losses are averaged over examples in double precision.

    Args:
        model: Any module; all its parameters are moved, none of its buffers.
        inputs: As the model takes them: augmented and normalised already.
        targets: As the loss takes them.
        loss: The loss of each example, or their mean.
        chunk_size: Examples evaluated at once; it bounds the memory and moves no digit of note.
    """

    def __init__(
        self,
        model: nn.Module,
        inputs: Tensor,
        targets: Tensor,
        *,
        loss: LossFunction,
        chunk_size: int,
    ) -> None:
        self._model = copy.deepcopy(model).eval().requires_grad_(requires_grad=False)
        self._inputs = inputs
        self._targets = targets
        self._loss = loss
        self._chunk_size = chunk_size
        self._shapes = {name: value.shape for name, value in self._model.named_parameters()}
        self.origin: Float[Tensor, " weight"] = parameters_to_vector(self._model.parameters())

    @property
    def num_examples(self) -> int:
        """How many examples the mean is over."""
        return len(self._inputs)

    @torch.no_grad()
    def losses(self, weights: Float[Tensor, "row weight"]) -> Float64[Tensor, " row"]:
        """Return the mean loss on all examples at each row of weights."""
        parts = [part.share * self._mean_losses(weights, part) for part in self._parts(None)]
        return torch.stack(parts).sum(0)

    def slopes(
        self, weights: Float[Tensor, "row weight"], examples: Int[Tensor, " batch"] | None = None
    ) -> Slopes:
        """Return mean loss and gradient at each row of weights, on these examples or on all."""
        variable = weights.detach().clone().requires_grad_()
        gradients = torch.zeros_like(weights)
        losses = torch.zeros(len(weights), dtype=torch.float64, device=weights.device)
        for part in self._parts(examples):
            shares = part.share * self._mean_losses(variable, part)
            # A row's loss depends on that row only, so one backward pass serves all rows.
            gradients += torch.autograd.grad(shares.sum(), variable)[0]
            losses += shares.detach()
        return Slopes(losses, gradients)

    def _parts(self, examples: Tensor | None) -> Iterator["_Part"]:
        if examples is not None:
            yield _Part(self._inputs[examples], self._targets[examples], 1.0)
            return
        for start in range(0, self.num_examples, self._chunk_size):
            inputs = self._inputs[start : start + self._chunk_size]
            targets = self._targets[start : start + self._chunk_size]
            yield _Part(inputs, targets, len(inputs) / self.num_examples)

    def _mean_losses(self, weights: Tensor, part: "_Part") -> Float64[Tensor, " row"]:
        def mean_loss(row: Tensor) -> Tensor:
            outputs = functional_call(self._model, self._named(row), (part.inputs,))
            return self._loss(outputs, part.targets).double().mean()

        return vmap(mean_loss)(weights)

    def _named(self, row: Float[Tensor, " weight"]) -> dict[str, Tensor]:
        ends = accumulate(shape.numel() for shape in self._shapes.values())
        return {
            name: row[end - shape.numel() : end].view(shape)
            for (name, shape), end in zip(self._shapes.items(), ends, strict=True)
        }


class _Part(NamedTuple):
    inputs: Tensor
    targets: Tensor
    share: float
    """Of the mean over the whole set."""
