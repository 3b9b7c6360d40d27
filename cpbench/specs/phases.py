"""Phases: a length, and the settings that differ from the protocol's base."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from cpbench.specs.base import Count, Epoch, Spec
from cpbench.specs.deficits import Deficit
from cpbench.specs.laws import LrLaw
from cpbench.specs.training import Augmentation, Optimizer

Hole = Annotated[str, Field(strict=True, pattern=r"^\$[a-z][a-z0-9_]*$")]
Length = Epoch | Hole


class Phase(Spec):
    """A span of epochs with constant settings.

    Spans are half-open: epoch `until` is the first outside.
    """

    for_: Length | None = Field(None, alias="for")
    """Lasts this many epochs."""
    until: Length | None = None
    """Lasts until this epoch of the run; the epoch itself is outside."""
    fill_to: Length | None = None
    """Lasts until the run has this many epochs in all; only on the last phase."""
    deficits: tuple[Deficit, ...] = ()
    """Impairments of the training stream in this phase."""
    lr_clock: Literal["continue", "restart"] | None = None
    """Whether the learning-rate law goes on or starts over here.

    Required after the first phase, unless the law is constant.
    """
    batch_size: Count | None = None
    """Instead of the base's."""
    optimizer: Optimizer | None = None
    """Instead of the base's, of the same kind; momentum is carried over."""
    lr_law: LrLaw | None = None
    """Instead of the base's."""
    augmentation: tuple[Augmentation, ...] | None = None
    """Instead of the base's."""
    order: Count | None = None
    """Another order of the examples than without this line; each number is one of its own.

    Two arms that differ only in it are a fork that differs only in data order (Frankle et al. 2020,
    §2). Like the other settings it holds for this phase.
    """

    @model_validator(mode="after")
    def _has_one_length(self) -> Self:
        given = [length for length in (self.for_, self.until, self.fill_to) if length is not None]
        if len(given) != 1:
            raise ValueError("a phase needs exactly one of for, until, fill_to")
        return self

    @property
    def length(self) -> int | str:
        """The number or hole that says how long the phase is."""
        return next(given for given in (self.for_, self.until, self.fill_to) if given is not None)
