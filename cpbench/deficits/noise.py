"""Noise: images are replaced, not disturbed, so that nothing of them is left.

Source: Achille, Rovere & Soatto (2019), §2 (sensory deprivation).
"""

import math
from functools import lru_cache

import torch
from torch import Tensor

from cpbench.specs.deficits import Noise
from cpbench.streams import Draw, Split, generator

# Fresh noise takes its epoch as counter; fixed noise takes counters no epoch reaches.
SMALL = 2**20
"""Numbers of a table of which many are kept: 4 MB."""
FIXED_COUNTERS: dict[Split, int] = {"train": 2**40, "test": 2**40 + 1}


def replace_by_noise(images: Tensor, spec: Noise, draw: Draw) -> Tensor:
    """Return Gaussian noise in place of images.

    Fixed noise belongs to the image: it is the same in every epoch, in any order and batch.

    Shape:
        images: batch, channel, height, width.
    """
    if spec.per_image == "fresh":
        standard = torch.randn(images.shape, generator=draw.generator, device=draw.generator.device)
    else:
        standard = _fixed(draw, tuple(images.shape[1:]))
    return standard.to(images.device, images.dtype) * spec.std + spec.mean


def _fixed(draw: Draw, shape: tuple[int, ...]) -> Tensor:
    """Return the noise that belongs to these images."""
    table = _table(draw.seed, draw.split, (draw.num_examples, *shape))
    return table[draw.indices.to(table.device)]


def _table(seed: int, split: Split, shape: tuple[int, ...]) -> Tensor:
    """Return the noise of a whole split; kept, because every batch of every epoch asks for it."""
    keep = _kept_if_small if math.prod(shape) <= SMALL else _kept_if_large
    return keep(seed, split, shape)


def _drawn(seed: int, split: Split, shape: tuple[int, ...]) -> Tensor:
    source = generator(seed, "deficit", FIXED_COUNTERS[split])
    return torch.randn(shape, generator=source)


# A pack has members of many seeds; the tables of a large set would fill the memory.
_kept_if_small = lru_cache(maxsize=64)(_drawn)
_kept_if_large = lru_cache(maxsize=2)(_drawn)
