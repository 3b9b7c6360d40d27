"""Augmentation: random maps of training images, each image with its own draw.

Source: He et al. (2016), §4.2: zero-padded crops and horizontal flips.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad

from cpbench.specs.training import Augmentation, RandomCrop, RandomFlip
from cpbench.streams import bring


def augment(
    images: Tensor, augmentation: Iterable[Augmentation], generator: torch.Generator
) -> Tensor:
    """Return images after every random map, in order; the draws come from a CPU generator.

    Shape:
        images: batch, channel, height, width.
    """
    for spec in augmentation:
        images = MAPS[spec.kind](images, spec, generator)
    return images


def crop(images: Tensor, spec: RandomCrop, generator: torch.Generator) -> Tensor:
    """Return images shifted by up to `padding` pixels each way, zeros moving in.

    Shape:
        images: batch, channel, height, width.
    """
    count, _, height, width = images.shape
    draws = torch.randint(2 * spec.padding + 1, (2, count), generator=generator)
    offsets = bring(draws, images.device)
    rows = offsets[0, :, None] + torch.arange(height, device=images.device)
    columns = offsets[1, :, None] + torch.arange(width, device=images.device)
    padded = pad(images, [spec.padding] * 4)
    which = torch.arange(count, device=images.device)[:, None, None]
    return padded[which, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def flip(images: Tensor, spec: RandomFlip, generator: torch.Generator) -> Tensor:
    """Return images, each mirrored left to right with probability p.

    Shape:
        images: batch, channel, height, width.
    """
    mirrored = bring(torch.rand(len(images), generator=generator), images.device) < spec.p
    return torch.where(mirrored[:, None, None, None], images.flip(-1), images)


MAPS: Mapping[str, Callable[[Tensor, Any, torch.Generator], Tensor]] = {
    "random_crop": crop,
    "random_flip": flip,
}
