"""A stretch on its way through a pack."""

import time
from dataclasses import dataclass, field

from cpbench.executors.keeping import Cost
from cpbench.plan.forest import Stretch
from cpbench.training.energy import added


@dataclass
class Member:
    """What a worker knows of a stretch that it trains."""

    stretch: Stretch
    epoch: int
    seconds: float = 0.0
    saved: float = field(default_factory=time.monotonic)
    """When its state was last stored."""
    waypoint: str | None = None
    diverged: int | None = None
    joules: float | None = 0.0
    """Its share of the energy; none where the device does not tell all of it."""

    def charge(self, seconds: float, joules: float | None, members: int) -> None:
        """Add this member's share of what an epoch of all members took."""
        self.seconds += seconds / members
        self.joules = added(self.joules, None if joules is None else joules / members)

    def cost(self, width: int | None) -> Cost:
        """Return what it has taken, in a pack of this width."""
        return Cost(self.seconds, width, self.joules)
