"""Several processes, each running stretches sequentially: the same bits as one process, sooner.

A stretch is handed out when its parent is stored; of those that are ready, the one with the most
epochs below it goes first, so that long trunks do not finish last.
"""

import heapq
import itertools
import multiprocessing
import os
import signal
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from cpbench.errors import EnvironmentFault
from cpbench.executors import sequential
from cpbench.executors.lifeline import die_with_parent
from cpbench.executors.sequential import Progress, Workshop, open_workshop
from cpbench.plan.forest import Stretch
from cpbench.training.device import settle

_workshop: list[Workshop] = []


def num_workers(device_type: str) -> int:
    """Return how many processes share the work: CPBENCH_WORKERS, else one per core, one on a GPU.

    Raises:
        EnvironmentFault: CPBENCH_WORKERS is not a positive number.
    """
    asked = os.environ.get("CPBENCH_WORKERS")
    if asked is None:
        return (os.cpu_count() or 1) if device_type == "cpu" else 1
    if not asked.isdecimal() or int(asked) < 1:
        raise EnvironmentFault(f"CPBENCH_WORKERS={asked}: must be a positive number")
    return int(asked)


def execute(
    stretches: Sequence[Stretch], workshop: Workshop, progress: Progress, workers: int
) -> None:
    """Train every stretch that is not stored, as `sequential.execute` does, in several processes.

    Raises:
        EnvironmentFault: A worker was killed.
    """
    missing = [stretch for stretch in stretches if not workshop.store.has(stretch.state)]
    if min(workers, len(missing)) <= 1:
        sequential.execute(missing, workshop, progress)
        return
    pool = open_pool(min(workers, len(missing)), workshop.data, workshop.store.root)
    try:
        _run(_Queue(missing), pool, workers, progress)
    except BrokenProcessPool as error:
        raise EnvironmentFault(
            "a training process was killed (out of memory?); what is stored is safe: run again, "
            "with CPBENCH_WORKERS=1 if memory is short"
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def open_pool(workers: int, data: Path, store: Path) -> ProcessPoolExecutor:
    """Return worker processes, each with a workshop of its own."""
    return ProcessPoolExecutor(
        max_workers=workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=(data, store),
    )


def workshop_of_worker() -> Workshop:
    """Return the workshop of the process this is called in."""
    return _workshop[0]


def _begin(data: Path, store: Path) -> None:
    """Set a worker up; Ctrl-C is its parent's business."""
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _workshop.append(open_workshop(data, store, settle()))


def _work(stretch: Stretch) -> None:
    sequential.train_stretch(stretch, workshop_of_worker())


class _Queue:
    """Stretches whose parent is stored, the longest line of descendants first."""

    def __init__(self, missing: Sequence[Stretch]) -> None:
        absent = {stretch.state for stretch in missing}
        self._children: dict[str, list[Stretch]] = {}
        self._ready: list[tuple[int, int, Stretch]] = []
        self._ticket = itertools.count()
        self._depth: dict[str, int] = {}
        for stretch in reversed(missing):  # children come after their parents
            below = max(
                (self._depth[child.state] for child in self._children.get(stretch.state, [])),
                default=0,
            )
            self._depth[stretch.state] = below + len(stretch.settings)
            if stretch.parent in absent:
                self._children.setdefault(str(stretch.parent), []).append(stretch)
            else:
                self._push(stretch)

    def pop(self) -> Stretch | None:
        """Return the next stretch that can be trained now, or none."""
        return heapq.heappop(self._ready)[2] if self._ready else None

    def done(self, stretch: Stretch) -> None:
        """Note that a stretch is stored; its children can be trained."""
        for child in self._children.get(stretch.state, []):
            self._push(child)

    def _push(self, stretch: Stretch) -> None:
        heapq.heappush(self._ready, (-self._depth[stretch.state], next(self._ticket), stretch))


def _run(queue: _Queue, pool: ProcessPoolExecutor, workers: int, progress: Progress) -> None:
    running: dict[Future[None], Stretch] = {}
    while True:
        # Two per worker: the next one is at hand when one ends, and the order can still change.
        while len(running) < 2 * workers and (stretch := queue.pop()) is not None:
            running[pool.submit(_work, stretch)] = stretch
        if not running:
            return
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            stretch = running.pop(future)
            future.result()
            queue.done(stretch)
            progress(stretch)
