"""What theories of the end share: from ends in epochs to the quantities a claim names."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np

from cpbench.claims.syntax import Call
from cpbench.quantities.series import Floats
from cpbench.specs.forecasts import ForecastSpec
from cpbench.specs.measurements import Control
from cpbench.specs.quantities import Argument, controls_of
from cpbench.specs.theories import ClockName
from cpbench.theories.clocks import CLOCKS, dial_of
from cpbench.theories.context import AbstentionError, Context, Information, Side
from cpbench.theories.forecasting import expected
from cpbench.theories.theory import NUM_DRAWS, Question

SPREAD = 20.0
"""Standard deviation of an end about what a theory says, in epochs.

One spacing of the 2023 bet's finer sweep. Estimates of one and the same end scatter by 4 to 16
epochs in simulated sweeps of 6 to 12 removals, and no theory is exact.
"""
MOST_OF_SWEEP = 0.1
"""On a short sweep 20 epochs would say nothing: never more than this share of its last removal."""

_ENDS: Mapping[str, Literal["end", "half"]] = {
    "end": "end",
    "half": "half",
    "budget_at_end": "end",
    "shift_per_doubling": "end",
}
_CLOCKS: Mapping[Argument, ClockName] = {
    "steps": "steps",
    "examples": "examples",
    "lr_steps": "lr_steps",
    "lr": "lr_steps",
}
"""Axis or currency of a quantity to the clock that counts it."""
_POSITION = {"axis", "in"}
"""Arguments that say what an end is counted in, not which end it is."""


class Kind(NamedTuple):
    """Which end a claim means, whatever the series and the axis."""

    quantity: Literal["end", "half"]
    arguments: tuple[tuple[str, Argument], ...]

    def of(self, side: Side) -> Call:
        """Return it as a quantity of one series, in epochs."""
        return Call(self.quantity, *side, self._in_epochs, "epoch")

    @property
    def controls(self) -> frozenset[Control]:
        """The controls that it needs."""
        return controls_of(self.quantity, dict(self._in_epochs))

    @property
    def _in_epochs(self) -> tuple[tuple[str, Argument], ...]:
        return (*self.arguments, ("axis", "epochs"))


class Ends(NamedTuple):
    """Where critical periods end, in joint samples."""

    epochs: Mapping[Side, Floats]
    """Shape [samples] each."""
    note: str
    """Why there."""


class AbstractEndTheory(ABC):
    """A theory that says where critical periods end, and of all else nothing."""

    information: Information
    version = "1"

    def __init__(self, name: str, summary: str, sd: float | None = None) -> None:
        """Name the theory.

        Args:
            name: It forecasts under it.
            summary: What it holds, in one line.
            sd: How far an end lies from where it says, in epochs; by default `SPREAD`.
        """
        self.name, self.summary, self.sd = name, summary, sd

    @abstractmethod
    def ends(self, kind: Kind, sides: Sequence[Side], question: Question, context: Context) -> Ends:
        """Return where the critical periods of series end.

        Raises:
            AbstentionError: It cannot say for one of them.
        """

    def forecast(self, question: Question, context: Context) -> ForecastSpec:
        """Return what the ends amount to.

        Raises:
            AbstentionError: The claim is about something else than ends, or has none it can tell.
        """
        sides: dict[Kind, dict[Side, None]] = {}
        for call in question.calls:
            sides.setdefault(_kind(call), {}).update(dict.fromkeys(call.sides))
        found = {
            kind: self.ends(kind, tuple(named), question, context) for kind, named in sides.items()
        }
        draws = {call: _value(call, found[_kind(call)].epochs, context) for call in question.calls}
        notes = dict.fromkeys(each.note for each in found.values())
        return expected(question, draws, by=self.name, note="; ".join(notes))

    def missed(self, side: Side, epochs: Floats, question: Question, context: Context) -> Floats:
        """Return ends with the theory's own error, one normal draw per sample and series."""
        last = context.curve(side)[-1].removal
        sd = self.sd or min(SPREAD, MOST_OF_SWEEP * last)
        noise = question.generator(".".join(side)).normal(size=NUM_DRAWS)
        return np.maximum(epochs + sd * noise, 0.0)


def _kind(call: Call) -> Kind:
    quantity = _ENDS.get(call.quantity)
    if quantity is None:
        raise AbstentionError(f"says nothing of {call.quantity}")
    kept = tuple((key, value) for key, value in call.arguments if key not in _POSITION)
    return Kind(quantity, kept)


def _value(call: Call, ends: Mapping[Side, Floats], context: Context) -> Floats:
    if call.quantity == "shift_per_doubling":
        return _shift(call.sides, ends, context)
    arguments = dict(call.arguments)
    [word] = [arguments[key] for key in _POSITION & arguments.keys()]
    side = call.protocol, call.arm
    if word == "epochs":
        return ends[side]
    return dial_of(CLOCKS[_CLOCKS[word]], side, context).at(ends[side])


def _shift(sides: Sequence[Side], ends: Mapping[Side, Floats], context: Context) -> Floats:
    """Return the least-squares slope of the end over log₂ of the batch size; shape [samples]."""
    last = [context.curve(side)[-1] for side in sides]
    steps = np.array([each.steps_at_removal for each in last], dtype=np.float64)
    # Half the steps per epoch is twice the batch.
    doublings = -np.log2(steps / [each.removal for each in last])
    from_mean = doublings - doublings.mean()
    spread = (from_mean**2).sum()
    if not spread > 0:
        raise AbstentionError("the series do not differ in their batch size")
    return from_mean @ np.stack([ends[side] for side in sides]) / spread
