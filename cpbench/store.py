"""The segment store: trained states, content-addressed, each whole and verified or not there.

`.cpbench/segments/<2 letters>/<state digest>.<numerics>/` holds `state.safetensors` and
`manifest.json`. A folder is filled under another name, flushed to disk, then renamed: a reader sees
all of it or nothing. What is read is checked against the manifest's SHA-256; what does not match is
put aside, never used. No torch.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock, Timeout
from pydantic import ValidationError

from cpbench.digests import digest
from cpbench.errors import EnvironmentFault, EvidenceError, IntegrityError
from cpbench.specs.base import Spec
from cpbench.specs.reading import display

STATE, MANIFEST = "state.safetensors", "manifest.json"


class Manifest(Spec):
    """What a stored state says of itself."""

    state: str
    parent: str | None = None
    start: int
    stop: int
    numerics: dict[str, str]
    sha256: str
    """Of the weights' file."""
    seconds: float
    """Training time of this segment alone."""
    diverged: int | None = None
    """Epoch in which the loss stopped being finite; the weights are those before it."""
    device: str
    versions: dict[str, str]
    commit: str | None = None
    """Git commit when it was trained."""
    ledger_head: str | None = None
    """Hash of the ledger's last entry when it was trained; empty for an empty ledger."""


class Origin(NamedTuple):
    """Under which code and which register something was trained; absent: not recorded."""

    commit: str | None = None
    ledger_head: str | None = None


class Stored(NamedTuple):
    """A verified state."""

    manifest: Manifest
    weights: bytes


class Store:
    """Trained states under one numerics."""

    def __init__(self, root: Path, numerics: Mapping[str, str]) -> None:
        self.root = root
        self.numerics = dict(numerics)
        self._suffix = digest(self.numerics)[:12]

    def has(self, state: str) -> bool:
        """Return whether a state is stored."""
        return (self._folder(state) / MANIFEST).is_file()

    def manifest(self, state: str) -> Manifest:
        """Return what a stored state says of itself, without reading its weights.

        Raises:
            EvidenceError: The state is not stored here.
            IntegrityError: Its manifest is unreadable; it was put aside.
        """
        path = self._folder(state) / MANIFEST
        try:
            return Manifest.model_validate_json(path.read_bytes())
        except FileNotFoundError as error:
            raise EvidenceError(
                f"{display(path.parent)}: these weights are not on this machine; "
                f"run `dvc repro` to train them"
            ) from error
        except ValidationError as error:
            raise self._put_aside(state, "its manifest cannot be read") from error

    def get(self, state: str) -> Stored:
        """Return a state after checking its hash.

        Raises:
            EvidenceError: It is not stored here.
            IntegrityError: It is not what its manifest says; it was put aside.
        """
        manifest = self.manifest(state)
        try:
            weights = (self._folder(state) / STATE).read_bytes()
        except FileNotFoundError as error:
            raise self._put_aside(state, "its weights are missing") from error
        if hashlib.sha256(weights).hexdigest() != manifest.sha256 or manifest.state != state:
            raise self._put_aside(state, "its content does not match its hash")
        return Stored(manifest, weights)

    def put(self, manifest: Manifest, weights: bytes) -> None:
        """Store a state; if it is stored already, the first one stays.

        Raises:
            EnvironmentFault: The disk is full or not writable.
        """
        target = self._folder(manifest.state)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            partial = Path(tempfile.mkdtemp(dir=target.parent, prefix=".partial-"))
            try:
                _write(partial / STATE, weights)
                _write(partial / MANIFEST, manifest.model_dump_json(indent=1).encode())
                _flush(partial)
                _rename(partial, target)
                _flush(target.parent)
            finally:
                shutil.rmtree(partial, ignore_errors=True)
        except OSError as error:
            raise EnvironmentFault(
                f"{display(target)}: {len(weights):,} bytes could not be stored "
                f"({error.strerror}); free space and run again: nothing stored before is lost"
            ) from error

    def states(self) -> frozenset[str]:
        """Return every state digest that is stored under any numerics."""
        return frozenset(
            path.parent.name.split(".")[0] for path in self.root.glob(f"??/*/{MANIFEST}")
        )

    @contextmanager
    def exclusive(self) -> Generator[None]:
        """Hold the store for writing.

        Raises:
            EnvironmentFault: Another trainer holds it.
        """
        path = lock_path(self.root)
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path)
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise EnvironmentFault(
                f"{display(path)}: {holder(self.root)} is training here; wait for it or stop it"
            ) from error
        try:
            _owner(self.root).write_text(str(os.getpid()))
            yield
        finally:
            _owner(self.root).unlink(missing_ok=True)
            lock.release()

    def _folder(self, state: str) -> Path:
        return self.root / state[:2] / f"{state}.{self._suffix}"

    def _put_aside(self, state: str, why: str) -> IntegrityError:
        folder = self._folder(state)
        aside = self.root.parent / "quarantine"
        aside.mkdir(parents=True, exist_ok=True)
        target = Path(tempfile.mkdtemp(dir=aside, prefix=f"{state[:12]}-"))
        folder.rename(target / folder.name)
        return IntegrityError(
            f"{display(folder)}: {why}; moved to {display(target)}. "
            f"Run `dvc repro` again: it is rebuilt from its parent"
        )


def lock_path(root: Path) -> Path:
    """Return the lock that a trainer holds."""
    return root.parent / "train.lock"


def holder(root: Path) -> str:
    """Return who trains here, in words."""
    try:
        return f"process {_owner(root).read_text()}"
    except FileNotFoundError:
        return "another process"


def is_training(root: Path) -> bool:
    """Return whether a trainer holds the store now, without touching its lock."""
    try:
        os.kill(int(_owner(root).read_text()), 0)
    except (FileNotFoundError, ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


def _owner(root: Path) -> Path:
    return root.parent / "train.pid"


def _rename(partial: Path, target: Path) -> None:
    """Move a filled folder to its name; where another process was first, its copy is as good."""
    try:
        partial.rename(target)
    except OSError:
        if (target / MANIFEST).is_file():
            return
        if not target.is_dir():
            raise
        shutil.rmtree(target)  # without a manifest it is no state
        partial.rename(target)


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _flush(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
