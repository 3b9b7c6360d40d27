"""Theories that watch training under the deficit for a while and say when it will have settled.

A reading that settles is taken to approach its level exponentially, so its end, where ninety
percent of the way is gone, may be said before it is seen:

    y(e) = level + A·exp(−e/τ),  end = τ·ln 10

Source: least squares over a grid of τ; level and A are linear (variable projection, Golub and
Pereyra 1973).
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from cpbench.quantities.series import Floats
from cpbench.theories.context import (
    EARLY_EPOCHS,
    AbstentionError,
    Context,
    Information,
    Side,
    name_of,
)
from cpbench.theories.ends import AbstractEndTheory, Ends, Kind
from cpbench.theories.theory import NUM_DRAWS, Question

MIN_EPOCHS = 4
"""Three numbers are fitted: with fewer epochs any curve fits."""
TIMES = np.geomspace(1.0, 10.0 * EARLY_EPOCHS, 301)
"""τ in epochs; a best fit at either edge means that no settling was seen."""
GONE = np.log(10.0)
"""−ln of the share of the way that is left at the end."""


class Watched(NamedTuple):
    """Which readings of a series are watched."""

    name: str
    control: Literal["", "no_deficit"]
    first: int
    """Epoch from which on they mean something."""


class Course(NamedTuple):
    """Means over seeds of what is watched, by epoch."""

    epochs: Floats
    values: Floats


LOSS = Watched("train_loss_under_deficit", "", 0)
LLC = Watched("llc", "no_deficit", 1)
"""Along the run that has no deficit; λ̂ of an untrained net is none."""
FISHER = Watched("fisher_trace", "", 0)


class Settling(AbstractEndTheory):
    """The critical period ends when a reading has settled."""

    information: Information = "early"

    def __init__(self, name: str, watched: Watched, summary: str, *, falls: bool) -> None:
        """Name the theory.

        Args:
            name: It forecasts under it.
            watched: What is to settle.
            summary: What it holds, in one line.
            falls: Whether it falls to its level or rises to it.
        """
        super().__init__(name, summary)
        self.watched, self.falls = watched, falls

    def ends(self, kind: Kind, sides: Sequence[Side], question: Question, context: Context) -> Ends:
        """Return when each series will have settled.

        Raises:
            AbstentionError: Too little was read, or it does not settle.
        """
        _refuse_half(kind)
        found: dict[Side, Floats] = {}
        for side in sides:
            seen = course_of(self.watched, side, context)
            end = settled_at(seen, falls=self.falls)
            if end is None:
                raise AbstentionError(f"{self.watched.name} of {name_of(side)} does not settle")
            found[side] = self.missed(side, np.full(NUM_DRAWS, end), question, context)
        return Ends(found, f"where {self.watched.name} settles")


class Peak(AbstractEndTheory):
    """The critical period ends when a reading is at its peak."""

    information: Information = "early"

    def __init__(self, name: str, watched: Watched, summary: str) -> None:
        """Name the theory.

        Args:
            name: It forecasts under it.
            watched: What is to peak.
            summary: What it holds, in one line.
        """
        super().__init__(name, summary)
        self.watched = watched

    def ends(self, kind: Kind, sides: Sequence[Side], question: Question, context: Context) -> Ends:
        """Return when each series is at its peak.

        Raises:
            AbstentionError: Too little was read, or there is no peak within it.
        """
        _refuse_half(kind)
        found: dict[Side, Floats] = {}
        for side in sides:
            epochs, values = course_of(self.watched, side, context)
            peak = int(values.argmax())
            if peak in {0, epochs.size - 1}:
                raise AbstentionError(f"{self.watched.name} of {name_of(side)} has no peak yet")
            found[side] = self.missed(side, np.full(NUM_DRAWS, epochs[peak]), question, context)
        return Ends(found, f"where {self.watched.name} peaks")


def course_of(watched: Watched, side: Side, context: Context) -> Course:
    """Return what was read of a series early on, by the measurement that read it most often.

    Raises:
        AbstentionError: It was read at fewer than `MIN_EPOCHS` epochs.
    """
    read: dict[str, dict[int, list[float]]] = {}
    for row in context.rows():
        if row.value is None or row.status != "ok" or row.epoch < watched.first:
            continue
        if (row.protocol, row.arm, row.control, row.name) == (*side, watched.control, watched.name):
            read.setdefault(row.measurement, {}).setdefault(row.epoch, []).append(row.value)
    best = max(sorted(read), key=lambda name: len(read[name]), default="")
    values = read.get(best, {})
    if len(values) < MIN_EPOCHS:
        raise AbstentionError(
            f"{watched.name} of {name_of(side)} was read at {len(values)} epochs up to "
            f"{EARLY_EPOCHS}; {MIN_EPOCHS} are needed"
        )
    epochs = sorted(values)
    means = [float(np.mean(values[epoch])) for epoch in epochs]
    return Course(np.array(epochs, dtype=np.float64), np.array(means))


def settled_at(course: Course, *, falls: bool) -> float | None:
    """Return the epoch at which ninety percent of the way to the level is gone, if it settles.

    Args:
        course: What was read.
        falls: Whether it must fall to its level, or rise.
    """
    decay = np.exp(-course.epochs[None, :] / TIMES[:, None])
    x = decay - decay.mean(axis=1, keepdims=True)
    y = course.values - course.values.mean()
    amplitude = (x @ y) / (x**2).sum(axis=1)
    errors = ((y - amplitude[:, None] * x) ** 2).sum(axis=1)
    best = int(errors.argmin())
    if best in {0, TIMES.size - 1} or (amplitude[best] > 0) != falls:
        return None
    return float(GONE * TIMES[best])


def _refuse_half(kind: Kind) -> None:
    if kind.quantity != "end":
        raise AbstentionError("says where a critical period ends, not where it is half over")
