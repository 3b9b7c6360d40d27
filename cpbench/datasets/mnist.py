"""MNIST and Fashion-MNIST: fetched by torchvision, read from the very files that were verified.

torchvision itself reads unpacked copies, which it never checks again.

Source: LeCun et al. (1998); Xiao, Rasul & Vollgraf (2017); the IDX format of the former.
"""

import gzip
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from cpbench.datasets.arrays import Images
from cpbench.datasets.fetching import fetched
from cpbench.specs.datasets import FashionMnist, Mnist

if TYPE_CHECKING:
    from torchvision.datasets import MNIST

IMAGES_HEADER, LABELS_HEADER = 16, 8
"""Bytes before the first pixel and the first label."""


def load_mnist(spec: Mnist, data: Path) -> Images:
    """Return MNIST from `data/mnist/MNIST/raw`, downloaded there if it is absent.

    Raises:
        EnvironmentFault: It is absent and cannot be downloaded.
        IntegrityError: A file there has another SHA-256 than the published one.
    """
    # Imported here because it costs seconds that no other dataset should pay.
    from torchvision.datasets import MNIST  # noqa: PLC0415

    return _load(spec, data / "mnist", MNIST)


def load_fashion_mnist(spec: FashionMnist, data: Path) -> Images:
    """Return Fashion-MNIST from `data/fashion_mnist/FashionMNIST/raw`, downloaded if absent.

    Raises:
        EnvironmentFault: It is absent and cannot be downloaded.
        IntegrityError: A file there has another SHA-256 than the published one.
    """
    from torchvision.datasets import FashionMNIST  # noqa: PLC0415 - as above

    return _load(spec, data / "fashion_mnist", FashionMNIST)


def _load(spec: Mnist | FashionMnist, root: Path, fetcher: "type[MNIST]") -> Images:
    folder = root / fetcher.__name__ / "raw"

    def fetch() -> Images:
        if not all((folder / name).exists() for name in spec.files):
            fetcher(str(root), download=True)
        return Images(
            train_images=_images(folder / "train-images-idx3-ubyte.gz", spec.shape),
            train_labels=_labels(folder / "train-labels-idx1-ubyte.gz"),
            test_images=_images(folder / "t10k-images-idx3-ubyte.gz", spec.shape),
            test_labels=_labels(folder / "t10k-labels-idx1-ubyte.gz"),
            scale=255.0,
        )

    return fetched(spec, folder, fetch)


def _images(path: Path, shape: tuple[int, int, int]) -> Tensor:
    return _unpacked(path, IMAGES_HEADER).view(-1, *shape)


def _labels(path: Path) -> Tensor:
    return _unpacked(path, LABELS_HEADER).long()


def _unpacked(path: Path, header: int) -> Tensor:
    values = np.frombuffer(gzip.decompress(path.read_bytes()), dtype=np.uint8, offset=header)
    return torch.as_tensor(values.copy())
