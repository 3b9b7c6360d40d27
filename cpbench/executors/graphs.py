"""Captured steps: one CUDA graph for each set of members that step together.

Source: the fork and join of streams under capture, CUDA C++ Programming Guide, "Cross-stream
Dependencies and Events".
"""

from collections.abc import Mapping
from contextlib import ExitStack

import torch

from cpbench.executors.branches import Branch, Casts
from cpbench.specs.training import Optimizer
from cpbench.training.feed import Batch

WARM_UP = 3
"""Steps before a capture: torch allocates its workspaces and chooses its kernels in them."""
MOST_GRAPHS = 32
"""Sets of members and settings whose graphs are kept; each has one or two, by batch size."""

Makes = tuple[tuple[int, Optimizer], ...]
"""Which slots step together, each with its optimizer's numbers but the learning rate."""


class Graphs:
    """The captured steps of a pack, the streams they fork into, and the memory they share.

    They may share memory because one ends before the next begins and nothing in it is read
    afterwards: weights, states of optimizers and sums of losses lie outside.
    """

    def __init__(self, device: torch.device, width: int) -> None:
        self._device = device
        self._trunk = torch.cuda.Stream(device)
        self._streams = [torch.cuda.Stream(device) for _ in range(width)]
        self._pool = torch.cuda.graph_pool_handle()
        self._still: dict[tuple[int, int], Batch] = {}
        self._graphs: dict[Makes, dict[int, torch.cuda.CUDAGraph]] = {}
        self._current: dict[int, torch.cuda.CUDAGraph] = {}
        self._makes: Makes = ()
        self._rehearsed: set[tuple[int, Optimizer, int]] = set()

    def begin(self, optimizers: Mapping[int, Optimizer]) -> None:
        """Turn to the graphs of an epoch: of these slots, with these numbers baked in."""
        self._makes = tuple(
            (slot, optimizer.model_copy(update={"lr": 1.0}))
            for slot, optimizer in optimizers.items()
        )
        if self._makes not in self._graphs and len(self._graphs) == MOST_GRAPHS:
            self._graphs.clear()
        self._current = self._graphs.setdefault(self._makes, {})

    def step(self, branches: dict[int, Branch], batches: dict[int, Batch], casts: Casts) -> None:
        """Take one step with every branch: copy its batch into place, then replay."""
        with torch.cuda.device(self._device):
            still = {slot: self._placed(slot, batch) for slot, batch in batches.items()}
            size = len(next(iter(batches.values())).labels)
            if size not in self._current:
                self._rehearse(size, branches, still, casts)
                self._current[size] = self._captured(branches, still, casts)
            self._current[size].replay()

    def _placed(self, slot: int, batch: Batch) -> Batch:
        """Return the tensors a slot's graphs read, filled with a batch."""
        size = len(batch.labels)
        if (slot, size) not in self._still:
            self._still[slot, size] = Batch(*map(torch.empty_like, batch))
        still = self._still[slot, size]
        for place, value in zip(still, batch, strict=True):
            place.copy_(value)
        return still

    def _rehearse(
        self, size: int, branches: dict[int, Branch], still: dict[int, Batch], casts: Casts
    ) -> None:
        """Warm up what has never run, and undo it; whoever has run before need not wait for it."""
        new = {(slot, make, size) for slot, make in self._makes} - self._rehearsed
        novices = {slot: branches[slot] for slot, _, _ in sorted(new, key=lambda each: each[0])}
        with ExitStack() as undoing:
            for branch in novices.values():
                undoing.enter_context(branch.rehearsal())
            for _ in range(WARM_UP):
                self._abreast(novices, still, casts)
        self._rehearsed |= new

    def _captured(
        self, branches: dict[int, Branch], still: dict[int, Batch], casts: Casts
    ) -> torch.cuda.CUDAGraph:
        """Capture one step of every branch; nothing is computed."""
        graph = torch.cuda.CUDAGraph()
        try:
            with ExitStack() as allowed:
                for branch in branches.values():
                    allowed.enter_context(branch.capturable())
                with torch.cuda.graph(graph, pool=self._pool, stream=self._trunk):
                    self._abreast(branches, still, casts)
        except RuntimeError as error:
            # The end of a capture that ran out of memory raises an error of its own.
            if isinstance(error.__context__, torch.OutOfMemoryError):
                raise error.__context__ from error
            raise
        return graph

    def _abreast(
        self, branches: dict[int, Branch], batches: dict[int, Batch], casts: Casts
    ) -> None:
        """Fork every branch off the current stream, and wait there for all of them.

        The streams are the same in rehearsal and capture: autograd remembers where a gradient is
        accumulated, and a stream outside the capture would break it.
        """
        trunk = torch.cuda.current_stream(self._device)
        for slot, branch in branches.items():
            self._streams[slot].wait_stream(trunk)
            with torch.cuda.stream(self._streams[slot]):
                branch.step(batches[slot], casts)
        for slot in branches:
            trunk.wait_stream(self._streams[slot])
