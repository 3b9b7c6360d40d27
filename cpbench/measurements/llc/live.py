"""Live weights: those that can get a gradient at a given input size.

A tap of a convolution that only ever meets zero padding, or a layer nothing reads, is dead: it
counts in d and never in λ.
"""

import copy

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_flatten

NUM_DRAWS = 2
TOKENS = 512


def num_live_weights(model: nn.Module, inputs: Tensor) -> int:
    """Return how many weights can get a gradient from inputs of this size.

    All weights and inputs are made positive, so that no rectifier is shut and nothing cancels: what
    still gets no gradient is cut off by the architecture. Of tokens, those that occur count.

    Args:
        model: Any module; it is left as it was.
        inputs: Examples; of real numbers, only the size matters.
    """
    model = copy.deepcopy(model).eval().requires_grad_()
    parameters = list(model.parameters())
    live = [torch.zeros_like(each, dtype=torch.bool) for each in parameters]
    noise = torch.Generator().manual_seed(0)
    for batch in _batches(inputs):
        _make_positive(model, noise)
        outputs = _tensors(model(_positive(batch, noise)))
        if not outputs:
            return 0
        total = torch.stack([(each * _positive(each, noise)).sum() for each in outputs]).sum()
        gradients = torch.autograd.grad(total, parameters, materialize_grads=True)
        live = [known | (new != 0) for known, new in zip(live, gradients, strict=True)]
    return sum(int(each.sum()) for each in live)


def _batches(inputs: Tensor) -> list[Tensor]:
    if inputs.is_floating_point():
        return [inputs[:1]] * NUM_DRAWS
    return [inputs[first : first + TOKENS] for first in range(0, len(inputs), TOKENS)]


def _make_positive(model: nn.Module, noise: torch.Generator) -> None:
    for each in model.parameters():
        fan_in = max(1, each[0].numel()) if each.ndim > 1 else 1
        each.data = _positive(each, noise) / fan_in
    for buffer in model.buffers():
        if buffer.is_floating_point():
            buffer.fill_(1.0)


def _positive(like: Tensor, noise: torch.Generator) -> Tensor:
    if not like.is_floating_point():
        return like
    return (torch.rand(like.shape, generator=noise) + 0.5).to(like)


def _tensors(outputs: object) -> list[Tensor]:
    """Return the tensors of whatever a model gives."""
    found, _ = tree_flatten(outputs)
    return [each for each in found if isinstance(each, Tensor) and each.requires_grad]
