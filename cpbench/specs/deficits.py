"""Deficits: impairments of the training stream.

`acts_on` says which knob of a step they turn; `is_still` whether an example under them looks the
same in every epoch.
"""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from cpbench.specs.base import Count, NonNegative, Number, Seed, Spec


class Blur(Spec):
    """Images are shrunk by `factor` and enlarged again: detail is gone, layout stays.

    Source: Achille, Rovere & Soatto (2019), §2.
    """

    acts_on: ClassVar[str] = "inputs"
    is_still: ClassVar[bool] = True

    kind: Literal["blur"]
    factor: Annotated[int, Field(strict=True, ge=2, le=1024)]
    """How many pixels become one; must divide the image's sides."""
    down: Literal["area", "bilinear", "bilinear_antialias"]
    """How the image is shrunk; without antialiasing, bilinear skips pixels."""
    up: Literal["area", "bilinear", "bilinear_antialias"]
    """How it is enlarged again."""


class VerticalFlip(Spec):
    """Every image stands on its head (p = 1): the layout changes, nothing is lost.

    Source: Achille, Rovere & Soatto (2019), §2.
    """

    acts_on: ClassVar[str] = "inputs"
    is_still: ClassVar[bool] = True

    kind: Literal["vertical_flip"]


class Noise(Spec):
    """Images are replaced by Gaussian noise, independent of what they showed: sensory deprivation.

    Source: Achille, Rovere & Soatto (2019), §2.
    """

    acts_on: ClassVar[str] = "inputs"

    kind: Literal["noise"]
    per_image: Literal["fixed", "fresh"]
    """`fixed`: an image keeps its noise for the whole run; `fresh`: new noise every epoch."""
    mean: Number = 0.5
    """Mean of a pixel, on images in [0, 1]."""
    std: NonNegative = 0.25
    """Standard deviation of a pixel."""

    @property
    def is_still(self) -> bool:
        """Whether an image keeps its noise."""
        return self.per_image == "fixed"


class ClassPermutation(Spec):
    """Labels are renamed by a fixed bijection of the classes: names change, content stays.

    Source: Achille, Rovere & Soatto (2019), §2 (label permutation).
    """

    acts_on: ClassVar[str] = "targets"
    is_still: ClassVar[bool] = True

    kind: Literal["class_permutation"]
    shift: Count | None = None
    """Class c becomes (c + shift) mod classes; this or `seed`."""
    seed: Seed | None = None
    """Draws a bijection without fixed points; this or `shift`."""

    @model_validator(mode="after")
    def _names_one_bijection(self) -> Self:
        if (self.shift is None) == (self.seed is None):
            raise ValueError("a class permutation needs exactly one of shift, seed")
        return self


class RandomLabels(Spec):
    """Labels are replaced by uniform random ones, drawn once per replicate and example.

    Zhang et al. replace each label with a probability; here an exact share is, and the examples of
    a smaller fraction are among those of a larger one, with the same labels.

    Source: Zhang et al. (2017), §2.1 (partially corrupted labels).
    """

    acts_on: ClassVar[str] = "targets"
    is_still: ClassVar[bool] = True

    kind: Literal["random_labels"]
    fraction: Annotated[float, Field(strict=True, gt=0, le=1)] = 1.0
    """Share of the training examples whose label is replaced; by chance some keep theirs."""

    def num_replaced(self, num_examples: int) -> int:
        """Return how many of the examples that is."""
        return round(self.fraction * num_examples)


Deficit = Annotated[
    Blur | VerticalFlip | Noise | ClassPermutation | RandomLabels, Field(discriminator="kind")
]
