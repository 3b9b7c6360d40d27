"""Learning-rate laws: functions of a clock in epochs, and of nothing else."""

import math
from typing import Annotated, Literal

from pydantic import Field

from cpbench.specs.base import Count, NonNegative, Spec

Factor = Annotated[float, Field(strict=True, gt=0, lt=1)]


class Constant(Spec):
    """The learning rate never changes."""

    kind: Literal["constant"]

    def rate(self, lr: float, clock: int) -> float:
        """Return lr."""
        return lr


class Exponential(Spec):
    """lr(clock) = lr · gamma^clock, clock in epochs."""

    kind: Literal["exponential"]
    gamma: Factor
    """Factor per epoch."""

    def rate(self, lr: float, clock: int) -> float:
        """Return lr · gamma^clock."""
        return lr * self.gamma**clock


class Step(Spec):
    """lr(clock) = lr · factor^⌊clock / every⌋: constant, then cut, again and again.

    Source: He et al. (2016), §3.4, who divide by 10.
    """

    kind: Literal["step"]
    factor: Factor
    """What a cut leaves of the learning rate."""
    every: Count
    """Epochs from one cut to the next."""

    def rate(self, lr: float, clock: int) -> float:
        """Return lr after the cuts up to the clock."""
        return lr * self.factor ** (clock // self.every)


class Cosine(Spec):
    """lr(clock) = floor + (lr − floor) · (1 + cos(π · clock / epochs)) / 2, then the floor.

    A phase with `lr_clock: restart` is a warm restart.

    Source: Loshchilov & Hutter (2017), eq. 5, with the clock in whole epochs.
    """

    kind: Literal["cosine"]
    floor: NonNegative
    """Where it ends and stays."""
    epochs: Count
    """How many epochs the way there takes."""

    def rate(self, lr: float, clock: int) -> float:
        """Return half a wave of a cosine from lr down to the floor."""
        if clock >= self.epochs:
            return self.floor
        return self.floor + (lr - self.floor) * (1 + math.cos(math.pi * clock / self.epochs)) / 2


class Linear(Spec):
    """lr(clock) = lr + (final − lr) · clock / epochs, then final; a warm-up where final is more."""

    kind: Literal["linear"]
    final: NonNegative
    """Where it ends and stays."""
    epochs: Count
    """How many epochs the way there takes."""

    def rate(self, lr: float, clock: int) -> float:
        """Return a point of the straight line from lr to final."""
        if clock >= self.epochs:
            return self.final
        return lr + (self.final - lr) * clock / self.epochs


LrLaw = Annotated[Constant | Exponential | Step | Cosine | Linear, Field(discriminator="kind")]


def learning_rate(law: LrLaw, lr: float, clock: int) -> float:
    """Return the learning rate at a clock reading, in epochs.

    To twelve digits: the last bits of a power or a cosine differ between C libraries, and a plan
    must not.
    """
    return lr if isinstance(law, Constant) else float(f"{law.rate(lr, clock):.12g}")
