"""CIFAR-10 and CIFAR-100 through torchvision.

Source: Krizhevsky (2009).
"""

from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from cpbench.datasets.arrays import Images
from cpbench.datasets.fetching import fetched
from cpbench.specs.datasets import Cifar10, Cifar100

if TYPE_CHECKING:
    from torchvision.datasets import CIFAR10


def load_cifar10(spec: Cifar10, data: Path) -> Images:
    """Return CIFAR-10 from `data/cifar10`, downloaded there if it is absent.

    Raises:
        EnvironmentFault: It is absent and cannot be downloaded.
        IntegrityError: The archive there has another SHA-256 than the published one.
    """
    # Imported here because it costs seconds that no other dataset should pay.
    from torchvision.datasets import CIFAR10  # noqa: PLC0415

    return _load(spec, data / "cifar10", CIFAR10)


def load_cifar100(spec: Cifar100, data: Path) -> Images:
    """Return CIFAR-100 with its fine labels from `data/cifar100`, downloaded there if absent.

    Raises:
        EnvironmentFault: It is absent and cannot be downloaded.
        IntegrityError: The archive there has another SHA-256 than the published one.
    """
    from torchvision.datasets import CIFAR100  # noqa: PLC0415 - as above

    return _load(spec, data / "cifar100", CIFAR100)


def _load(spec: Cifar10 | Cifar100, root: Path, reader: "type[CIFAR10]") -> Images:
    train, test = fetched(
        spec,
        root,
        lambda: (reader(str(root), train=True, download=True), reader(str(root), train=False)),
    )
    return Images(
        train_images=_channels_first(train),
        train_labels=_labels(train),
        test_images=_channels_first(test),
        test_labels=_labels(test),
        scale=255.0,
    )


def _channels_first(split: "CIFAR10") -> Tensor:
    return torch.as_tensor(split.data).permute(0, 3, 1, 2).contiguous()


def _labels(split: "CIFAR10") -> Tensor:
    return torch.tensor(split.targets)  # pyright: ignore[reportUnknownMemberType] - a list of int
