"""Vertical flip: every image stands on its head.

Source: Achille, Rovere & Soatto (2019), §2.
"""

from torch import Tensor

from cpbench.specs.deficits import VerticalFlip
from cpbench.streams import Draw


def flip_vertically(images: Tensor, spec: VerticalFlip, draw: Draw) -> Tensor:
    """Return images mirrored top to bottom, all of them.

    Shape:
        images: batch, channel, height, width.
    """
    return images.flip(-2)
