"""Small convolution nets as one batched program, written by torch.func.

Members that share a step share its calls: a product of every member's own images and kernels is one
grouped convolution. Where a net leaves a core idle between calls that is faster; where a
convolution fills it, it is slower (`cpbench/plan/choosing.py` says which). No operation crosses the
members.
"""

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap
from torch.nn.functional import batch_norm, conv2d, cross_entropy, linear
from torch.overrides import TorchFunctionMode

from cpbench.executors.batched import BatchedPack
from cpbench.executors.dense import rows_of
from cpbench.executors.packs import Shape
from cpbench.plan.choosing import VMAPPED_WIDTH
from cpbench.specs.training import Optimizer, Precision
from cpbench.training.precision import rounding

Tensors = dict[str, Tensor]


class VmappedPack(BatchedPack):
    """Members of one shape; see `Pack`.

    Its program is always as wide as `choose` says: the order of its sums goes by the channels of
    all members together, so a narrower one rounds otherwise. It would need little less memory, as
    these nets are small.
    """

    def __init__(
        self, shape: Shape, optimizer: Optimizer, device: torch.device, width: int
    ) -> None:
        super().__init__(shape, optimizer, device, VMAPPED_WIDTH, VmappedProgram)
        self.width = min(width, VMAPPED_WIDTH)


class VmappedProgram:
    """Loss and gradient of all members at once; see `Program`."""

    def __init__(self, shape: Shape, model: nn.Module, device: torch.device, width: int) -> None:
        self.weights = rows_of(width, model, device)
        self.gradients = self.weights.like(torch.float32)
        self.buffers: Tensors = {
            name: torch.zeros(width, *value.shape, dtype=value.dtype, device=device)
            for name, value in model.named_buffers()
        }
        self._leaves = {
            name: view.detach().requires_grad_() for name, view in self.weights.views.items()
        }
        self._model = _with_plain_means(model).train()
        self._picture = shape.root.dataset.shape
        self._precision: Precision | None = cast("Precision | None", shape.precision)
        self._images: dict[int, Tensor] = {}

    def images(self, batch_size: int) -> Tensor:
        """See `Program`.

        In memory the members' channels lie side by side: a grouped convolution takes them as they
        are, with its channels last, which is how it is fastest.

        Shape:
            return: member, example, channel, height, width.
        """
        if batch_size not in self._images:
            channels, height, width = self._picture
            flat = self.weights.flat
            made = flat.new_zeros(batch_size, height, width, len(flat), channels)
            self._images[batch_size] = made.permute(3, 0, 4, 1, 2)
        return self._images[batch_size]

    def backward(self, labels: Tensor) -> Tensor:
        """See `Program`."""
        images = self.images(labels.shape[1]).transpose(0, 1)
        with rounding(self._precision):
            with _AutocastUnderVmap() if self._precision == "bf16" else nullcontext():
                mapped = vmap(self._loss, in_dims=(0, 0, 1, 0))
                losses = mapped(self._leaves, self.buffers, images, labels)
            gradients = torch.autograd.grad(losses.sum(), list(self._leaves.values()))
        for name, gradient in zip(self._leaves, gradients, strict=True):
            self.gradients.views[name].copy_(gradient)
        return losses.detach()

    def _loss(self, weights: Tensors, buffers: Tensors, images: Tensor, labels: Tensor) -> Tensor:
        """Return one member's mean loss, in nats; its batch norms move their buffers in place."""
        logits = functional_call(self._model, (weights, buffers), (images,))
        return cross_entropy(logits.float(), labels)


class _AutocastUnderVmap(TorchFunctionMode):
    """What `training.precision.casting` does, where torch's own does nothing.

    torch.func takes a convolution apart before autocast could see it. As under autocast, factors
    and results of products are in bfloat16, normalisation keeps the type of its images, and the
    loss is taken in single precision, here by the caller. The products of bfloat16 numbers are
    summed in single precision either way; here by the kernels of single precision, as a grouped
    convolution in bfloat16 let one member's not-a-number cross over to another.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> object:
        kwargs = kwargs or {}
        if func in (conv2d, linear):
            return func(*map(_rounded, args), **kwargs).bfloat16()
        if func is batch_norm:
            return func(args[0].float(), *args[1:], **kwargs).to(args[0].dtype)
        return func(*args, **kwargs)


def _rounded(argument: object) -> object:
    return argument.bfloat16().float() if isinstance(argument, Tensor) else argument


class _Mean(nn.Module):
    """The mean over all pixels."""

    def forward(self, images: Tensor) -> Tensor:
        return images.mean((-2, -1), keepdim=True)


def _with_plain_means(model: nn.Module) -> nn.Module:
    """Return the model with each global average written as a mean, in place.

    torch.func has no rule for the pooling of images whose channels come last in memory: it would
    take the members one by one, and say so in a warning.
    """
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.AdaptiveAvgPool2d) and child.output_size in (1, (1, 1)):
                setattr(parent, name, _Mean())
    return model
