"""Models: what is trained. All return logits, never probabilities."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from cpbench.specs.base import Count, Spec


class Mlp(Spec):
    """Fully connected ReLU net without normalisation; He-normal weights, zero biases.

    Source: He et al. (2015), eq. 10.
    """

    has_batch_norm: ClassVar[bool] = False

    kind: Literal["mlp"]
    widths: tuple[Count, ...]
    """Widths of the hidden layers; an empty list is logistic regression."""
    num_outputs: Count | None = None
    """Number of logits; by default the dataset's number of classes."""


class Resnet18(Spec):
    """torchvision's ResNet-18, untrained.

    Source: He et al. (2016), table 1.
    """

    has_batch_norm: ClassVar[bool] = True

    kind: Literal["resnet18"]
    stem: Literal["imagenet", "cifar"]
    """`imagenet`: 7×7/2 convolution, 3×3/2 max-pool, as published; `cifar`: 3×3/1, no pool."""
    num_outputs: Count | None = None
    """Number of logits; by default the dataset's classes. The 2023 bet left it at 1000."""


class SmallResnet(Spec):
    """Three stages of basic blocks at widths w, 2w, 4w, global average pool: ResNet-8 at one block.

    Source: He et al. (2016), §4.2, with projection shortcuts.
    """

    has_batch_norm: ClassVar[bool] = True

    kind: Literal["small_resnet"]
    width: Count = 16
    """Channels of the first stage."""
    blocks: Count = 1
    """Basic blocks per stage."""
    num_outputs: Count | None = None
    """Number of logits; by default the dataset's number of classes."""


Model = Annotated[Mlp | Resnet18 | SmallResnet, Field(discriminator="kind")]
