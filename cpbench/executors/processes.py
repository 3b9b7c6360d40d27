"""Several processes, each running stretches sequentially: the same bits as one process, sooner.

A stretch is handed out when its parent is stored; of those that are ready, the one with the most
epochs below it goes first, so that long trunks do not finish last.
"""

import heapq
import itertools
import multiprocessing
import os
import signal
import sys
from collections.abc import Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path

from cpbench.datasets import load
from cpbench.errors import EnvironmentFault
from cpbench.executors import sequential
from cpbench.executors.lifeline import die_with_parent
from cpbench.executors.sequential import Progress, Workshop, open_workshop
from cpbench.plan.forest import Stretch
from cpbench.store import Origin
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
    # Read once here: the workers find it in memory, or at least decoded.
    load(missing[0].root.dataset, missing[0].seed, workshop.data, workshop.device)
    with open_pool(min(workers, len(missing)), workshop) as pool:
        _run(_Queue(missing), pool, workers, progress)


@contextmanager
def open_pool(workers: int, workshop: Workshop) -> Generator[ProcessPoolExecutor]:
    """Open worker processes, each with a workshop of its own.

    Yields:
        The pool; when it closes, what was not begun is dropped.

    Raises:
        EnvironmentFault: A worker was killed.
    """
    pool = ProcessPoolExecutor(
        max_workers=workers,
        mp_context=multiprocessing.get_context(_start_method(workshop)),
        initializer=_begin,
        initargs=(workshop.data, workshop.store.root, workshop.origin),
    )
    try:
        yield pool
    except BrokenProcessPool as error:
        raise EnvironmentFault(
            "a worker was killed (out of memory?); what is stored is safe: run again, "
            "with CPBENCH_WORKERS=1 if memory is short"
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _start_method(workshop: Workshop) -> str:
    """Return how workers begin.

    A fork spares each worker the seconds that torch takes to import. It is safe here because
    nothing has started a thread in this process; CUDA does not survive it, macOS advises against.
    """
    can_fork = sys.platform == "linux" and workshop.device.type == "cpu"
    return "fork" if can_fork else "spawn"


def workshop_of_worker() -> Workshop:
    """Return the workshop of the process this is called in."""
    return _workshop[0]


def _begin(data: Path, store: Path, origin: Origin) -> None:
    """Set a worker up; Ctrl-C is its parent's business."""
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _workshop.clear()
    _workshop.append(open_workshop(data, store, settle(), origin))


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
