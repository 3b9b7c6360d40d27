"""Leases: which process works on what, as small files that several machines may share. No torch.

A lease saves work, it guards nothing: whoever trains a state twice stores the same bytes, and the
store keeps the first. A late process whose lease was taken over can therefore do no harm. After a
claim, look again whether the work is done.

filelock's soft locks know no other host's end or need a thread per lease, which a fork would lose;
its hard lock, which the kernel drops with the process, has one take over at a time.
"""

import errno
import json
import os
import tempfile
import time
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, Self

from filelock import FileLock, Timeout
from pydantic import ValidationError

from cpbench.errors import EnvironmentFault
from cpbench.specs.base import Spec
from cpbench.specs.reading import display

PATIENCE = 600.0
"""Seconds without a heartbeat after which a holder on another machine counts as gone."""
BEAT = 5.0
"""Seconds between heartbeats; also how long a lease may lie there before its content does."""
PROCESSES = Path("/proc")


class Holder(Spec):
    """A process, named so that no other can be taken for it."""

    host: str
    machine: str
    """Boot and process namespace: within one of them a number means one process at a time."""
    pid: int
    started: str
    """Clock ticks from boot to its start; empty where the system does not tell."""
    since: str
    """When it first asked for a lease."""

    def __str__(self) -> str:
        """Say who it is in words."""
        return f"process {self.pid} on {self.host}, since {self.since}"


class Lease(NamedTuple):
    """What one file says."""

    holder: Holder | None
    """None while it is being written."""
    beat: float
    """Last heartbeat, in seconds by the clock of whoever keeps the files."""


class Leases:
    """The leases of one folder; each process opens its own.

    Used as a context, it releases on leaving what it still holds.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._held: set[str] = set()
        self._next_beat = time.monotonic() + BEAT

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for name in sorted(self._held):
            self.release(name)

    def claim(self, name: str) -> bool:
        """Return whether this process now holds the lease, and did not before.

        Raises:
            EnvironmentFault: The disk is full or not writable.
        """
        try:
            won = self._create(name) or (self._is_stale(self._read(name)) and self._take_over(name))
        except OSError as error:
            raise EnvironmentFault(
                f"{display(self._path(name))}: no lease could be written ({error.strerror}); "
                f"free space or make the folder writable, and run again"
            ) from error
        if won:
            self._held.add(name)
        return won

    def release(self, name: str) -> None:
        """Give a lease back; one that was taken over stays with its new holder."""
        self._held.discard(name)
        if self._is_mine(name):
            self._path(name).unlink(missing_ok=True)

    def refresh(self) -> None:
        """Show that this process lives; call it as often as you like."""
        if time.monotonic() < self._next_beat:
            return
        self._next_beat = time.monotonic() + BEAT
        for name in sorted(self._held):
            if self._is_mine(name):
                with suppress(FileNotFoundError):
                    os.utime(self._path(name))
            else:
                self._held.discard(name)

    def holder(self, name: str) -> str | None:
        """Return in words who holds a lease; None where nobody does or the holder is gone."""
        lease = self._read(name)
        if lease is None or self._is_stale(lease):
            return None
        return str(lease.holder or "another process")

    def holders(self) -> dict[str, str]:
        """Return each lease that is held, with its holder in words."""
        found = {path.stem: self.holder(path.stem) for path in sorted(self.folder.glob("*.json"))}
        return {name: holder for name, holder in found.items() if holder is not None}

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.json"

    def _create(self, name: str) -> bool:
        """Make the lease unless it is there: exclusive creation has one winner on every machine."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self._path(name)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        except FileExistsError:
            return False
        content = _me(os.getpid())
        try:
            if os.write(handle, content) < len(content):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError:
            path.unlink(missing_ok=True)
            raise
        finally:
            os.close(handle)
        return True

    def _take_over(self, name: str) -> bool:
        """Replace a stale lease; of several who see it stale, one wins."""
        try:
            with FileLock(self.folder / ".takeover", timeout=0):
                if not self._is_stale(self._read(name)):  # someone was quicker
                    return False
                self._path(name).unlink(missing_ok=True)
                return self._create(name)
        except Timeout:
            return False

    def _read(self, name: str) -> Lease | None:
        try:
            # Over a network, opening is what asks the server for the time of the last change.
            with self._path(name).open("rb") as stream:
                return Lease(_holder(stream.read()), os.fstat(stream.fileno()).st_mtime)
        except OSError:  # gone, or not for us to read: then not for us to judge
            return None

    def _is_mine(self, name: str) -> bool:
        try:
            return self._path(name).read_bytes() == _me(os.getpid())
        except OSError:
            return False

    def _is_stale(self, lease: Lease | None) -> bool:
        """Return whether there is a lease whose holder is gone."""
        if lease is None:
            return False
        holder = lease.holder
        if holder is None:
            return self._now() - lease.beat > BEAT
        if (holder.host, holder.machine) == _here():
            return not _is_alive(holder)
        return self._now() - lease.beat > PATIENCE

    def _now(self) -> float:
        """Return the time by the clock that stamps the leases: hosts' own clocks may differ."""
        try:
            with tempfile.TemporaryFile(dir=self.folder) as probe:
                return os.fstat(probe.fileno()).st_mtime
        except OSError:  # only looked at, not writable: nothing is claimed with this time
            return time.time()


def _holder(content: bytes) -> Holder | None:
    try:
        return Holder.model_validate_json(content)
    except ValidationError:
        return None


@lru_cache(maxsize=1)
def _me(pid: int) -> bytes:
    """Return what this process writes into its leases; a forked child is another process."""
    host, machine = _here()
    since = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    me = Holder(host=host, machine=machine, pid=pid, started=_start(pid) or "", since=since)
    return json.dumps(me.json_value()).encode()


@lru_cache(maxsize=1)
def _here() -> tuple[str, str]:
    """Return this host and, on Linux, its boot and this process's namespace."""
    try:
        boot = (PROCESSES / "sys" / "kernel" / "random" / "boot_id").read_text().strip()
        machine = f"{boot} {(PROCESSES / 'self' / 'ns' / 'pid').readlink()}"
    except OSError:
        machine = ""
    return os.uname().nodename, machine


def _is_alive(holder: Holder) -> bool:
    """Return whether the holder, of this machine, still runs."""
    if holder.started:
        return _start(holder.pid) == holder.started
    try:
        os.kill(holder.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _start(pid: int) -> str | None:
    """Return when a process started, in ticks since boot; None if it has ended.

    Source: proc_pid_stat(5): fields 3 (state) and 22 (start), counted behind the name in brackets,
    which may hold anything.
    """
    try:
        fields = (PROCESSES / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in {"Z", "X"} else fields[19]
