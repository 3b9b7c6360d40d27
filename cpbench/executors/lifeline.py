"""A trainer never outlives who started it: no orphan can go on writing."""

import ctypes
import os
import signal
import sys

from cpbench.errors import EnvironmentFault

PR_SET_PDEATHSIG = 1  # prctl(2)


def die_with_parent() -> None:
    """Ask Linux to end this process when its parent ends; elsewhere nothing is asked.

    Raises:
        EnvironmentFault: The parent ended while this process was starting.
    """
    parent = os.getppid()
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise EnvironmentFault("whoever started this trainer has ended; start it again")
