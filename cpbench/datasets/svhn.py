"""SVHN, the cropped house numbers, through torchvision.

Source: Netzer et al. (2011).
"""

from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cpbench.datasets.arrays import Images
from cpbench.datasets.fetching import fetched
from cpbench.specs.datasets import Svhn

if TYPE_CHECKING:
    from torchvision.datasets import SVHN


def load_svhn(spec: Svhn, data: Path) -> Images:
    """Return SVHN from `data/svhn`, downloaded there if it is absent; a zero has the label 0.

    Raises:
        EnvironmentFault: It is absent and cannot be downloaded.
        IntegrityError: A file there has another SHA-256 than the published one.
    """
    # Imported here because it costs seconds that no other dataset should pay.
    from torchvision.datasets import SVHN  # noqa: PLC0415

    root = data / "svhn"
    train, test = fetched(
        spec,
        root,
        lambda: (
            SVHN(str(root), split="train", download=True),
            SVHN(str(root), split="test", download=True),
        ),
    )
    return Images(
        train_images=_images(train),
        train_labels=_labels(train),
        test_images=_images(test),
        test_labels=_labels(test),
        scale=255.0,
    )


def _images(split: "SVHN") -> Tensor:
    return torch.as_tensor(cast("NDArray[np.uint8]", split.data)).contiguous()


def _labels(split: "SVHN") -> Tensor:
    return torch.as_tensor(cast("NDArray[np.int64]", split.labels))  # pyright: ignore[reportUnknownMemberType]
