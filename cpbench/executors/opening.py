"""From a choice to a pack: one line per executor."""

from collections.abc import Callable, Mapping

import torch

from cpbench.executors.graphed import GraphedPack
from cpbench.executors.packs import Pack, Shape
from cpbench.executors.sequential import SequentialPack
from cpbench.executors.stacked import StackedPack
from cpbench.executors.vmapped import VmappedPack
from cpbench.specs.training import Optimizer

OPENERS: Mapping[str, Callable[[Shape, Optimizer, torch.device, int], Pack]] = {
    "graphed": GraphedPack,
    "sequential": SequentialPack,
    "stacked": StackedPack,
    "vmapped": VmappedPack,
}


def open_pack(
    executor: str, shape: Shape, optimizer: Optimizer, device: torch.device, width: int
) -> Pack:
    """Return an empty pack.

    Args:
        executor: Its name, as in `numerics`.
        shape: What its members have in common.
        optimizer: An optimizer of the members' kind; its numbers are set anew in every epoch.
        device: Where it trains.
        width: How many members it takes at most.
    """
    return OPENERS[executor](shape, optimizer, device, width)
