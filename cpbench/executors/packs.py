"""The one interface of executors: members of equal shape that take their epochs side by side.

A pack knows neither plan nor store: it takes states in, trains epochs, and gives states out.
`pulling.py` does the rest, once for all executors. What holds for each of them is in
`tests/executors/test_contract.py`: a member trains as under `sequential`, whoever sits beside it.
"""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from cpbench.checkpoint import Checkpoint
from cpbench.datasets import Data
from cpbench.plan.forest import Root, Stretch
from cpbench.specs.training import EpochSettings, Update


class Shape(NamedTuple):
    """What members of one pack have in common; everything else may differ."""

    root: Root
    batch_size: int
    optimizer: str
    """Kind of the optimizer; its numbers may differ from member to member."""
    precision: str | None


class Seat(NamedTuple):
    """What a member brings along."""

    seed: int
    checkpoint: Checkpoint
    data: Data


class Work(NamedTuple):
    """One epoch of one member."""

    settings: EpochSettings
    epoch: int


class Pack(Protocol):
    """Up to `width` members, each in a slot of its own."""

    width: int

    def enter(self, slot: int, seat: Seat) -> None:
        """Put a member's state into a slot, in place of whatever was there.

        Raises:
            IntegrityError: The state belongs to another model.
        """
        ...

    def train_epoch(self, work: Mapping[int, Work]) -> dict[int, float]:
        """Train one epoch in every slot named; return their mean losses in nats.

        A loss that is not finite says that its member diverged.
        """
        ...

    def state(self, slot: int) -> Checkpoint:
        """Return a copy of a member's state, on the CPU."""
        ...


def shape_of(stretch: Stretch) -> Shape:
    """Return the shape of a stretch's epochs; the plan cuts a run where it changes."""
    return shape(stretch.root, stretch.settings[0].update)


def shape(root: Root, update: Update) -> Shape:
    """Return the shape of epochs with these settings."""
    return Shape(root, update.batch_size, update.optimizer.kind, getattr(update, "precision", None))
