"""How long a plan takes at known paces: the workers' own queue, played through without training."""

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from cpbench.executors.packs import Shape
from cpbench.executors.queues import Queue
from cpbench.plan.forest import Stretch
from cpbench.records.estimates import Pace

LOOK = 4
"""Epochs after which a worker with a free seat looks again whether somebody can join."""


@dataclass
class _Member:
    stretch: Stretch
    left: int
    """Epochs it still has to train."""


@dataclass
class _Worker:
    shape: Shape | None = None
    members: list[_Member] = field(default_factory=list)
    done: list[Stretch] = field(default_factory=list)
    """What is stored when its clock has run."""


class Forecast:
    """Plays one plan through, once."""

    def __init__(
        self,
        stretches: Sequence[Stretch],
        paces: Mapping[Shape, Pace],
        start: float,
        is_stored: Callable[[Stretch], bool],
    ) -> None:
        """Set the clock to nought.

        Args:
            stretches: A plan's, parents before children.
            paces: Of every shape that is missing.
            start: Seconds of an initialisation.
            is_stored: What need not be trained.
        """
        self._queue = Queue(stretches, is_stored)
        self._paces = paces
        self._start = start

    def seconds(self, workers: int) -> float:
        """Return the wall time until all is stored."""
        crew = [_Worker() for _ in range(workers)]
        clocks = [(0.0, number) for number in range(workers)]
        idle: list[int] = []
        now = 0.0
        while clocks:
            now, number = heapq.heappop(clocks)
            if crew[number].done:
                self._store(crew[number])
                clocks += [(now, other) for other in idle]
                heapq.heapify(clocks)
                idle = []
            took = self._go_on(crew[number])
            if took is None:
                idle.append(number)
            else:
                heapq.heappush(clocks, (now + took, number))
        return now

    def _store(self, worker: _Worker) -> None:
        for stretch in worker.done:
            self._queue.done(stretch)
        worker.done = []

    def _go_on(self, worker: _Worker) -> float | None:
        """Return the seconds until a worker stores something or looks again; none if it idles."""
        if not worker.members:
            start = self._queue.pop(None)
            if start is not None:
                worker.done = [start]
                return self._start
            worker.shape = self._queue.shape()
        if worker.shape is None:
            return None
        pace = self._paces[worker.shape]
        joined = self._fill(worker, pace.width)
        if not worker.members:
            return None
        return joined * pace.per_segment + self._advance(worker, pace)

    def _fill(self, worker: _Worker, width: int) -> int:
        """Let members join while there are seats; return how many did."""
        before = len(worker.members)
        while len(worker.members) < width:
            stretch = self._queue.pop(worker.shape)
            if stretch is None:
                break
            worker.members.append(_Member(stretch, len(stretch.settings)))
        return len(worker.members) - before

    def _advance(self, worker: _Worker, pace: Pace) -> float:
        """Train until a member is done, or for a while; return the seconds."""
        epochs = min(member.left for member in worker.members)
        if len(worker.members) < pace.width:
            epochs = min(epochs, LOOK)
        seconds = epochs * pace.epoch(len(worker.members))
        for member in worker.members:
            member.left -= epochs
        worker.done = [member.stretch for member in worker.members if not member.left]
        worker.members = [member for member in worker.members if member.left]
        return seconds
