"""What a protocol would take on this device, as `cpbench plan --probe` found it. Never stored."""

from cpbench.specs.base import Spec


class Pace(Spec):
    """What members of one shape take."""

    model: str
    batch_size: int
    executor: str
    width: int
    """Members that are trained as one program, at most."""
    epoch_alone: float
    """Seconds of an epoch of one member."""
    epoch_full: float
    """Seconds of an epoch of `width` members side by side."""
    per_segment: float
    """Seconds of a segment besides its epochs: read, enter, prepare, store."""
    epochs: int
    """Epochs of this shape in the plan."""
    epochs_missing: int
    """Of these, how many are not stored yet."""

    def epoch(self, members: int) -> float:
        """Return the seconds of an epoch of so many members, on the line between the two probed."""
        if self.width == 1:
            return self.epoch_alone
        slope = (self.epoch_full - self.epoch_alone) / (self.width - 1)
        return self.epoch_alone + max(0.0, slope) * (members - 1)


class ReadingCost(Spec):
    """What a measurement takes."""

    measurement: str
    seconds: float | None = None
    """Of one reading; absent: even a part of one would have taken too long to probe."""
    readings: int
    """How many the protocol asks for, of different weights."""


class Duration(Spec):
    """Wall seconds with so many worker processes, start-up included."""

    workers: int
    missing: float
    """Training what is not stored."""
    everything: float
    """Training all of it from nothing."""
    measuring: float | None = None
    """Taking all readings; absent where one of them is not known."""


class Estimate(Spec):
    """Seconds on this device."""

    protocol: str
    device: str
    probed_with: int
    """Processes at work while it was probed."""
    start_up: float
    """Seconds until a process can train."""
    paces: tuple[Pace, ...]
    readings: tuple[ReadingCost, ...]
    durations: tuple[Duration, ...]
