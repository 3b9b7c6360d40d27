"""All-CNN with batch normalisation, the net of the first critical-period curves.

Source: Achille, Rovere & Soatto (2019), appendix, after All-CNN-C of Springenberg et al. (2015),
whose third convolution has 96 channels instead of 192, and which has dropout instead of
normalisation.
"""

from itertools import pairwise
from typing import NamedTuple

from torch import nn

from cpbench.specs.models import AllCnn


class Block(NamedTuple):
    """One convolution of the table; channels as a multiple of the first block's."""

    channels: int
    size: int
    stride: int


BLOCKS = (
    Block(1, 3, 1),
    Block(1, 3, 1),
    Block(2, 3, 2),
    Block(2, 3, 1),
    Block(2, 3, 1),
    Block(2, 3, 2),
    Block(2, 3, 1),
    Block(2, 1, 1),
)


def build_all_cnn(spec: AllCnn, shape: tuple[int, int, int], num_outputs: int) -> nn.Module:
    """Return eight blocks convolution → batch norm → ReLU, a 1×1 convolution, the global average.

    The last convolution has a bias and neither normalisation nor ReLU, as what it gives is logits.
    """
    widths = [shape[0], *(block.channels * spec.width for block in BLOCKS)]
    layers: list[nn.Module] = []
    for block, (fan_in, width) in zip(BLOCKS, pairwise(widths), strict=True):
        layers += [
            nn.Conv2d(fan_in, width, block.size, block.stride, block.size // 2, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
        ]
    last = nn.Conv2d(widths[-1], num_outputs, 1)
    return nn.Sequential(*layers, last, nn.AdaptiveAvgPool2d(1), nn.Flatten())
