"""Taps of a convolution: those that only ever meet zero padding are left out of the arithmetic.

The outputs and gradients are those of the whole kernel, and so is the optimizer: a dead tap gets a
gradient of exactly zero and still decays. torchvision's ResNet-18 at 32×32 pixels reaches its last
stage at 1×1, where eight of nine taps see nothing.
"""

from functools import lru_cache
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, pad

SKIPPING = frozenset({"cuda"})
"""Device types that skip. On a CPU the order of a sum would move the bits of the reference."""


class Axis(NamedTuple):
    """One axis of a convolution: sizes in pixels, taps and steps."""

    size: int
    """Of the input."""
    taps: int
    stride: int
    padding: int
    dilation: int

    @property
    def num_outputs(self) -> int:
        """Length of the output."""
        reach = self.dilation * (self.taps - 1) + 1
        return (self.size + 2 * self.padding - reach) // self.stride + 1

    def live(self) -> list[int]:
        """Return the taps that meet a real pixel at some output."""
        starts = [step * self.stride - self.padding for step in range(self.num_outputs)]
        return [
            tap
            for tap in range(self.taps)
            if any(0 <= start + tap * self.dilation < self.size for start in starts)
        ]


class Cut(NamedTuple):
    """The live part of one axis: which taps, and the zeros (or, below 0, pixels) at its ends."""

    taps: slice
    before: int
    after: int


@lru_cache(maxsize=1024)
def cut(axis: Axis) -> Cut:
    """Return the shortest run of taps that holds every live one, and the padding it needs."""
    live = axis.live()
    first, last = (live[0], live[-1]) if live else (0, axis.taps - 1)
    before = axis.padding - first * axis.dilation
    reach = (axis.num_outputs - 1) * axis.stride + (last - first) * axis.dilation + 1
    return Cut(slice(first, last + 1), before, reach - before - axis.size)


class LiveConv2d(nn.Conv2d):
    """A convolution that multiplies no padding it can avoid; its parameters are a Conv2d's own."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - as nn.Conv2d calls it
        """Return what nn.Conv2d returns.

        Shape:
            input: batch, channel, height, width.
        """
        if input.device.type in SKIPPING and has_dead_taps(self, tuple(input.shape[-2:])):
            return convolve(input, self)
        return super().forward(input)


def has_dead_taps(conv: nn.Conv2d, size: tuple[int, ...]) -> bool:
    """Return whether a row or column of the kernel at an edge sees nothing of such an image."""
    return any(cut(axis).taps != slice(0, axis.taps) for axis in axes(conv, size))


def convolve(images: Tensor, conv: nn.Conv2d) -> Tensor:
    """Return the convolution of images, computed with the taps that can see one.

    Shape:
        images: batch, channel, height, width.
    """
    rows, columns = (cut(axis) for axis in axes(conv, tuple(images.shape[-2:])))
    weight = conv.weight[:, :, rows.taps, columns.taps]
    padding = (rows.before, columns.before)
    if min(padding) < 0 or padding != (rows.after, columns.after):
        images = pad(images, (columns.before, columns.after, rows.before, rows.after))
        padding = (0, 0)
    return conv2d(
        images, weight, conv.bias, cast("tuple[int, int]", conv.stride), padding,
        cast("tuple[int, int]", conv.dilation), conv.groups,
    )  # fmt: skip


def axes(conv: nn.Conv2d, size: tuple[int, ...]) -> list[Axis]:
    """Return the two axes of a convolution at an input's height and width.

    Raises:
        TypeError: Its padding is not a number of zeros.
    """
    if isinstance(conv.padding, str) or conv.padding_mode != "zeros":
        raise TypeError(f"padding {conv.padding}, {conv.padding_mode}: must be numbers of zeros")
    parts = zip(size, conv.kernel_size, conv.stride, conv.padding, conv.dilation, strict=True)
    return [Axis(*part) for part in parts]


def skip_dead_taps(model: nn.Module) -> nn.Module:
    """Return the model with each plain convolution replaced, in place, by one that skips.

    The parameters are the same objects under the same names.
    """
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if type(child) is nn.Conv2d and child.padding_mode == "zeros":
                setattr(parent, name, _live(child))
    return model


def _live(conv: nn.Conv2d) -> LiveConv2d:
    # On the meta device, where the library's default initialisation draws no random number.
    fresh = LiveConv2d(
        conv.in_channels,
        conv.out_channels,
        cast("tuple[int, int]", conv.kernel_size),
        cast("tuple[int, int]", conv.stride),
        cast("tuple[int, int]", conv.padding),
        cast("tuple[int, int]", conv.dilation),
        conv.groups,
        bias=conv.bias is not None,
        device="meta",
    )
    fresh.weight, fresh.bias = conv.weight, conv.bias
    return fresh.train(conv.training)


def live_parameters(model: nn.Module, shape: tuple[int, int, int]) -> int:
    """Return how many parameters can get a gradient, by the geometry of the convolutions.

    `num_live_weights` of the λ̂ page finds the same by gradients; this needs no arithmetic.

    Args:
        model: On any device, the meta device too; it is left as it was.
        shape: Of one image: channel, height, width.
    """
    dead = 0

    def count(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        nonlocal dead
        if isinstance(module, nn.Conv2d):
            live = [len(axis.live()) for axis in axes(module, tuple(inputs[0].shape[-2:]))]
            whole = module.kernel_size[0] * module.kernel_size[1]
            dead += module.weight.numel() // whole * (whole - live[0] * live[1])

    hooks = [module.register_forward_pre_hook(count) for module in model.modules()]
    was_training = model.training
    with torch.no_grad():
        first = next(model.parameters())
        model.eval()(torch.zeros((1, *shape), device=first.device, dtype=first.dtype))
    model.train(was_training)
    for hook in hooks:
        hook.remove()
    return sum(each.numel() for each in model.parameters()) - dead
