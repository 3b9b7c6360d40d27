"""What a dataset's file gives: bytes, before any split."""

from typing import NamedTuple

from torch import Tensor


class Images(NamedTuple):
    """A whole dataset.

    Shape:
        *_images: example, channel, height, width; unsigned bytes.
        *_labels: example; class indices.
    """

    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor | None
    """Absent when the set has no test split of its own."""
    test_labels: Tensor | None
    scale: float
    """Byte value of a white pixel."""
