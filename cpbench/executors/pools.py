"""Worker processes that answer calls: used where work needs no order, as in measuring."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Generator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Literal

from cpbench.errors import EnvironmentFault
from cpbench.executors.lifeline import die_with_parent
from cpbench.executors.workshop import Workshop
from cpbench.training.device import settle

_workshop: list[Workshop] = []


def num_workers(device_type: str) -> int:
    """Return how many processes share the work: CPBENCH_WORKERS, else one per core, one on a GPU.

    Raises:
        EnvironmentFault: CPBENCH_WORKERS is not a positive number.
    """
    asked = os.environ.get("CPBENCH_WORKERS")
    if asked is None:
        return _cores() if device_type == "cpu" else 1
    if not asked.isdecimal() or int(asked) < 1:
        raise EnvironmentFault(f"CPBENCH_WORKERS={asked}: must be a positive number")
    return int(asked)


def _cores() -> int:
    """Return how many cores this process may use: a scheduler often lends a few of a machine's."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def start_method(device_type: str) -> Literal["fork", "spawn"]:
    """Return how workers begin.

    A fork spares each worker the seconds that torch takes to import. It is safe here because
    nothing has started a thread in this process; CUDA does not survive it, macOS advises against.
    """
    return "fork" if sys.platform == "linux" and device_type == "cpu" else "spawn"


@contextmanager
def open_pool(workers: int, workshop: Workshop) -> Generator[ProcessPoolExecutor]:
    """Open worker processes that share a workshop.

    Yields:
        The pool; when it closes, what was not begun is dropped.

    Raises:
        EnvironmentFault: A worker was killed.
    """
    pool = ProcessPoolExecutor(
        max_workers=workers,
        mp_context=multiprocessing.get_context(start_method(workshop.device.type)),
        initializer=_begin,
        initargs=(workshop,),
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


def workshop_of_worker() -> Workshop:
    """Return the workshop of the process this is called in."""
    return _workshop[0]


def _begin(workshop: Workshop) -> None:
    """Set a worker up; Ctrl-C is its parent's business."""
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    settle()
    _workshop.clear()
    _workshop.append(workshop)
