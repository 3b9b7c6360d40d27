"""Being told to stop: finish the epoch if it is short, keep what there is, leave with status 75."""

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

from cpbench.errors import Preempted

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR2)
"""A scheduler's warning, Ctrl-C, and what SLURM sends before it preempts."""
GRACE = 3.0
"""Seconds that an epoch may still take; after them it is abandoned, and trained again later."""


class Stop:
    """Whether this process was told to stop."""

    def __init__(self) -> None:
        self.is_asked = False

    def ask(self, _number: int, _frame: FrameType | None) -> None:
        """Note the first signal and start the grace; later ones change nothing."""
        if not self.is_asked:
            self.is_asked = True
            signal.setitimer(signal.ITIMER_REAL, GRACE)

    def take_time(self) -> None:
        """End the grace: the epoch is over, what follows is to be finished."""
        signal.setitimer(signal.ITIMER_REAL, 0)


def _give_up(_number: int, _frame: FrameType | None) -> None:
    """End the epoch that is running.

    Raises:
        Preempted: Always.
    """
    raise preempted()


def preempted() -> Preempted:
    """Return the error that says so."""
    return Preempted("stopped; what was trained is kept: the same command goes on from there")


@contextmanager
def listening() -> Generator[Stop]:
    """Listen to signals while training; outside the main thread, where none arrive, do not.

    Yields:
        What says whether to stop.
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, stop.ask) for number in SIGNALS}
    before[signal.SIGALRM] = signal.signal(signal.SIGALRM, _give_up)
    try:
        yield stop
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)
