"""Clocks: what may be the same at the end of every critical period, read off the plan alone.

A clock is read at each removal epoch of a sweep and is linear between two of them (its logarithm,
where it decays with the learning rate), and beyond the first and the last as between the nearest
two.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from cpbench.quantities.series import Floats
from cpbench.records.plans import Condition
from cpbench.specs.theories import ClockName
from cpbench.theories.context import AbstentionError, Context, Side, name_of

MIN_READINGS = 2


class Clock(NamedTuple):
    """One reading per removal epoch."""

    name: ClockName
    read: Callable[[Sequence[Condition]], Floats]
    is_log: bool
    """Whether its logarithm is what is linear in epochs."""


class Dial(NamedTuple):
    """A clock along the sweep of one series."""

    clock: ClockName
    series: str
    epochs: Floats
    """Removal epochs, increasing; shape [removals]."""
    positions: Floats
    """Readings, or their logarithms; same shape."""
    is_log: bool

    def at(self, epochs: Floats) -> Floats:
        """Return readings at epochs, both of shape [samples]."""
        positions = _line(epochs, self.epochs, self.positions)
        return np.exp(positions) if self.is_log else positions

    def epochs_at(self, readings: Floats) -> Floats:
        """Return the epochs at which the clock has these readings, none before epoch 0.

        Raises:
            AbstentionError: The clock stands still somewhere on the sweep, or turns back.
        """
        order = self._rising()
        positions = np.log(readings) if self.is_log else readings
        found = _line(positions, self.positions[order], self.epochs[order])
        return np.maximum(found, 0.0)

    def range(self) -> tuple[float, float]:
        """Return the least and the greatest reading at removals after epoch 0.

        Raises:
            AbstentionError: As `epochs_at`.
        """
        self._rising()
        shown = self.at(self.epochs[self.epochs > 0])
        return float(shown.min()), float(shown.max())

    def _rising(self) -> slice:
        """Return the order of the removals in which the clock rises."""
        steps = np.diff(self.positions)
        if not ((steps > 0).all() or (steps < 0).all()):
            raise AbstentionError(f"{self.clock} tells no removal of {self.series} from another")
        return slice(None) if steps[0] > 0 else slice(None, None, -1)


def dial_of(clock: Clock, side: Side, context: Context) -> Dial:
    """Return a clock along the sweep of a series.

    Raises:
        AbstentionError: The series has no two readings of it.
    """
    conditions = context.curve(side)
    epochs = np.array([each.removal for each in conditions], dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        readings = clock.read(conditions)
        positions = np.log(readings) if clock.is_log else readings
    kept = np.isfinite(positions)
    if kept.sum() < MIN_READINGS or not (epochs[kept] > 0).any():
        raise AbstentionError(f"{clock.name} is not known along the sweep of {name_of(side)}")
    return Dial(clock.name, name_of(side), epochs[kept], positions[kept], clock.is_log)


def _line(at: Floats, x: Floats, y: Floats) -> Floats:
    """Return y at positions, linear between its points and beyond them; x increases."""
    before = np.clip(np.searchsorted(x, at, side="right") - 1, 0, x.size - 2)
    slope = (y[before + 1] - y[before]) / (x[before + 1] - x[before])
    return y[before] + slope * (at - x[before])


def _field(name: str) -> Callable[[Sequence[Condition]], Floats]:
    # A published table that does not say how it was trained holds None, which becomes NaN here.
    return lambda conditions: np.array(
        [getattr(each, name) for each in conditions], dtype=np.float64
    )


def _batch_size(conditions: Sequence[Condition]) -> Floats:
    """Return the mean batch size before the last removal; shape []."""
    examples, steps = _field("examples_at_removal"), _field("steps_at_removal")
    return examples(conditions)[-1] / steps(conditions)[-1]


def _temperature(conditions: Sequence[Condition]) -> Floats:
    """Return the learning rate at removal over the batch size: what scales SGD's noise.

    Source: Smith and Le (2018), with the number of examples and the momentum left out.
    """
    return _field("lr_at_removal")(conditions) / _batch_size(conditions)


def _epochs_times_batch(conditions: Sequence[Condition]) -> Floats:
    return _field("removal")(conditions) * _batch_size(conditions)


CLOCKS: Mapping[ClockName, Clock] = {
    "epochs": Clock("epochs", _field("removal"), is_log=False),
    "steps": Clock("steps", _field("steps_at_removal"), is_log=False),
    "examples": Clock("examples", _field("examples_at_removal"), is_log=False),
    "lr_steps": Clock("lr_steps", _field("lr_steps_left"), is_log=True),
    "lr/batch_size": Clock("lr/batch_size", _temperature, is_log=True),
    "epochs*batch_size": Clock("epochs*batch_size", _epochs_times_batch, is_log=False),
}
