"""CIFAR-10 through torchvision.

Source: Krizhevsky (2009).
"""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from cpbench.datasets.arrays import Images
from cpbench.errors import EnvironmentFault, IntegrityError
from cpbench.specs.datasets import Cifar10

if TYPE_CHECKING:
    from torchvision.datasets import CIFAR10

ARCHIVE = "cifar-10-python.tar.gz"


def load_cifar10(spec: Cifar10, data: Path) -> Images:
    """Return CIFAR-10 from `data/cifar10`, downloaded there if it is absent.

    Raises:
        EnvironmentFault: It is absent and cannot be downloaded.
        IntegrityError: The archive there has another SHA-256 than the published one.
    """
    # Imported here because it costs seconds that no other dataset should pay.
    from torchvision.datasets import CIFAR10  # noqa: PLC0415

    root = data / "cifar10"
    try:
        train, test = CIFAR10(str(root), train=True, download=True), CIFAR10(str(root), train=False)
    except (OSError, RuntimeError) as error:
        raise EnvironmentFault(
            f"{root}: CIFAR-10 is not here and cannot be downloaded ({error}); put {ARCHIVE} there"
        ) from error
    _verify(root / ARCHIVE, spec.sha256)
    return Images(
        train_images=_channels_first(train),
        train_labels=_labels(train),
        test_images=_channels_first(test),
        test_labels=_labels(test),
        scale=255.0,
    )


def _channels_first(split: "CIFAR10") -> torch.Tensor:
    return torch.as_tensor(split.data).permute(0, 3, 1, 2).contiguous()


def _labels(split: "CIFAR10") -> torch.Tensor:
    return torch.tensor(split.targets)  # pyright: ignore[reportUnknownMemberType] - a list of int


def _verify(archive: Path, expected: str) -> None:
    """Check the archive, where it is kept.

    torchvision has checked every batch file by MD5 already.
    """
    if not archive.exists():
        return
    with archive.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != expected:
        raise IntegrityError(
            f"{archive}: SHA-256 is {found}, expected {expected}; delete it and fetch it again"
        )
