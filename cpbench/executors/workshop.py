"""The workshop of a process: where it finds data, keeps states, and which executor trains what."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import torch

from cpbench.leases import Leases
from cpbench.plan.choosing import Choice, asked_executor, choose
from cpbench.plan.forest import Root
from cpbench.records.tuned import read_tuned
from cpbench.specs.engine import Engine
from cpbench.store import Origin, Store
from cpbench.training.device import describe, numerics

BESIDE = " | "
"""Between the executors of one protocol's models."""


class Workshop(NamedTuple):
    """What training needs besides a plan; cheap to make and safe to hand to a forked process."""

    data: Path
    segments: Path
    device: torch.device
    origin: Origin = Origin()
    asked: str | None = None
    """The executor asked for, if any."""
    tuned: Mapping[str, int] = {}
    """Branches of a graph by model kind, where `cpbench tune` has measured them."""

    def choice(self, root: Root) -> Choice:
        """Return the executor of a model, and how many members it takes."""
        return choose(root, self.device.type, asked=self.asked, tuned=self.tuned)

    def numerics(self, root: Root) -> dict[str, str]:
        """Return the arithmetic that a model's states are stored under."""
        return numerics(self.device, self.choice(root).executor).values()

    def store(self, root: Root) -> Store:
        """Return the finished states of a model."""
        return Store(self.segments, self.numerics(root))

    def waypoints(self, root: Root) -> Store:
        """Return states inside segments, kept only until the segment is finished."""
        return Store(self.segments.with_name("waypoints"), self.numerics(root))

    def leases(self) -> Leases:
        """Open this process's leases."""
        return Leases(self.segments.with_name("leases"))

    def all_numerics(self, roots: Iterable[Root]) -> dict[str, str]:
        """Return the arithmetic of several models, what differs side by side."""
        found = [self.numerics(root) for root in set(roots)]
        return {key: BESIDE.join(sorted({each[key] for each in found})) for key in found[0]}


def open_workshop(
    data: Path, segments: Path, device: torch.device, engine: Engine | None = None
) -> Workshop:
    """Return a workshop for one device, with the executor that a protocol's engine asks for.

    Raises:
        EnvironmentFault: What `cpbench tune` wrote here cannot be read.
    """
    tuned = read_tuned(segments.with_name("tuned.json"))
    is_of_here = tuned is not None and tuned.device == describe(device)
    branches = tuned.branches() if tuned is not None and is_of_here else {}
    return Workshop(data, segments, device, Origin(), asked_executor(engine), branches)
