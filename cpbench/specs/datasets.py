"""Datasets: which images a protocol trains and tests on.

Each knows, or must state, the hash of its content.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from cpbench.specs.base import Count, Identifier, Number, Positive, Sha256, Spec


class Constants(Spec):
    """Fixed normalisation: `(image - mean) / std` per channel, on images in [0, 1]."""

    mean: tuple[Number, ...]
    """Subtracted, one per channel."""
    std: tuple[Positive, ...]
    """Divided by, one per channel."""


Normalise = Literal["train"] | Constants


class AbstractDataset(Spec):
    """What every dataset states."""

    embedded: ClassVar[bool] = False
    normalise: Normalise = "train"
    """`train`: mean and std per channel of the clean training split; or fixed constants."""


class Digits(AbstractDataset):
    """scikit-learn's 1,797 8×8 digits, split at random per seed; the rest is the test set.

    Source: Alpaydin & Kaynak (1998), UCI Optical Recognition of Handwritten Digits.
    """

    embedded: ClassVar[bool] = True
    content: ClassVar[str] = "87ff0c9e40dc7e2c0e34e7257799c2e3f3aec1a016363bb11cad869ec428a826"
    shape: ClassVar[tuple[int, int, int]] = (1, 8, 8)
    num_classes: ClassVar[int] = 10

    kind: Literal["digits"]
    train_size: Annotated[int, Field(strict=True, ge=1, le=1700)]
    """How many digits are trained on."""

    @property
    def sha256(self) -> str:
        """The hash of the images and labels."""
        return self.content

    @property
    def num_train(self) -> int:
        """How many examples one epoch sees."""
        return self.train_size


class Cifar10(AbstractDataset):
    """CIFAR-10 by torchvision, verified by hash: 50,000 training, 10,000 test images of 32×32.

    Source: Krizhevsky (2009), Learning multiple layers of features from tiny images.
    """

    content: ClassVar[str] = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"
    shape: ClassVar[tuple[int, int, int]] = (3, 32, 32)
    num_classes: ClassVar[int] = 10

    kind: Literal["cifar10"]
    train_size: Annotated[int, Field(strict=True, ge=1, le=50_000)] = 50_000
    """How many of the 50,000 training images are used, drawn at random per seed."""

    @property
    def sha256(self) -> str:
        """The hash of the published archive (cifar-10-python.tar.gz)."""
        return self.content

    @property
    def num_train(self) -> int:
        """How many examples one epoch sees."""
        return self.train_size


class ImageFolder(AbstractDataset):
    """Any tree `train/<class>/*`, `test/<class>/*` under `data/<root>`, with its hash."""

    kind: Literal["image_folder"]
    root: Identifier
    """Folder below `data/`, as `make data FROM=<archive> NAME=<root>` makes it."""
    sha256: Sha256
    """Hash over relative paths and file bytes; `make data` prints it."""
    shape: tuple[Count, Count, Count]
    """Channels, height and width after the resize; 1 channel reads grey, 3 reads RGB."""
    resize: Literal["none", "bilinear_antialias", "area"] = "none"
    """How images of another size are brought to `shape`; `none` refuses them."""
    num_classes: Count
    """How many class folders there are."""
    train_size: Count
    """How many training images are used, drawn at random per seed."""

    @property
    def num_train(self) -> int:
        """How many examples one epoch sees."""
        return self.train_size


Dataset = Annotated[Digits | Cifar10 | ImageFolder, Field(discriminator="kind")]
