"""The segment store: trained states, content-addressed, each whole and verified or not there.

`.cpbench/segments/<2 letters>/<state digest>.<numerics>/` holds `state.safetensors` and
`manifest.json`. A folder is filled under another name, then renamed: a reader sees all of it or
nothing, whoever is killed when. What is read is checked against the manifest's SHA-256; what does
not match, is a link, or was made by other arithmetic is put aside, never used. No torch.

Nothing is flushed to disk state by state. Only a machine that fails can then lose what was stored
last; it comes back without it or with damage, which the hash shows, and either is trained again to
the same bytes. `flush` waits for the disk once, where others begin to rely on what is stored.
"""

import ctypes
import hashlib
import os
import re
import secrets
import shutil
import stat
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Self

from pydantic import ValidationError

from cpbench.digests import digest
from cpbench.errors import EnvironmentFault, EvidenceError, IntegrityError
from cpbench.records.manifests import Manifest
from cpbench.specs.reading import display

STATE, MANIFEST = "state.safetensors", "manifest.json"
PARTIAL, QUARANTINE = ".partial-", "quarantine"
_BEGUN = re.compile(rf"{re.escape(PARTIAL)}.*")
_NAME = re.compile(r"([0-9a-f]{64})\.([0-9a-f]{12})")


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

    @classmethod
    def of(cls, folder: Path) -> tuple[Self, str]:
        """Return the store and the state of one of `folders`; the numerics stay in the manifest."""
        state, suffix = folder.name.split(".")
        store = cls(folder.parent.parent, {})
        store._suffix = suffix
        return store, state

    def has(self, state: str) -> bool:
        """Return whether a state is stored; its content is checked when it is read."""
        folder = self._folder(state)
        return not _is_linked(folder) and _has_bytes(folder / MANIFEST, folder / STATE)

    def manifest(self, state: str) -> Manifest:
        """Return what a stored state says of itself, without reading its weights.

        Raises:
            EvidenceError: The state is not stored here.
            IntegrityError: Its manifest is unreadable or another's; it was put aside.
            EnvironmentFault: It cannot be read.
        """
        try:
            found = Manifest.model_validate_json(self._read(state, MANIFEST))
        except FileNotFoundError as error:
            raise EvidenceError(
                f"{display(self._folder(state))}: these weights are not on this machine; "
                f"run `dvc repro` to train them"
            ) from error
        except ValidationError as error:
            raise self.put_aside(state, "its manifest cannot be read") from error
        if found.state != state or digest(found.numerics)[:12] != self._suffix:
            raise self.put_aside(state, "its manifest is another state's")
        return found

    def get(self, state: str) -> Stored:
        """Return a state after checking its hash.

        Raises:
            EvidenceError: It is not stored here.
            IntegrityError: It is not what its manifest says; it was put aside.
            EnvironmentFault: It cannot be read.
        """
        manifest = self.manifest(state)
        try:
            weights = self._read(state, STATE)
        except FileNotFoundError as error:
            raise self.put_aside(state, "its weights are missing") from error
        if hashlib.sha256(weights).hexdigest() != manifest.sha256:
            raise self.put_aside(state, "its content does not match its hash")
        return Stored(manifest, weights)

    def put(self, manifest: Manifest, weights: bytes) -> None:
        """Store a state; if it is stored already, the first one stays.

        Raises:
            EnvironmentFault: The disk is full or not writable.
            IntegrityError: Its place in the store is a link.
        """
        target = self._folder(manifest.state)
        if target.parent.is_symlink():
            raise _linked(target.parent)
        partial = target.parent / f"{PARTIAL}{secrets.token_hex(8)}"
        try:
            partial.mkdir(parents=True)
            (partial / STATE).write_bytes(weights)
            (partial / MANIFEST).write_bytes(manifest.model_dump_json(exclude_none=True).encode())
            self._rename(partial, manifest.state)
        except OSError as error:
            raise EnvironmentFault(
                f"{display(target)}: {len(weights):,} bytes could not be stored "
                f"({error.strerror}); free space and run again: nothing stored before is lost"
            ) from error
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    def flush(self) -> None:
        """Wait until everything stored is on disk, for before others begin to rely on it."""
        if sys.platform != "linux":
            os.sync()
        elif self.root.exists():
            handle = os.open(self.root, os.O_RDONLY)
            ctypes.CDLL(None).syncfs(handle)  # of this disk alone, syncfs(2)
            os.close(handle)

    def states(self) -> frozenset[str]:
        """Return every state digest that is stored under any numerics."""
        return frozenset(
            folder.name.split(".")[0]
            for folder in folders(self.root)
            if (folder / MANIFEST).is_file() and not _is_linked(folder)
        )

    def discard(self, state: str) -> None:
        """Remove a state, whole at once; nothing happens where there is none."""
        folder = self._folder(state)
        aside = folder.with_name(f"{PARTIAL}{secrets.token_hex(8)}")
        with suppress(FileNotFoundError):
            folder.rename(aside)
            remove(aside)

    def put_aside(self, state: str, why: str) -> IntegrityError:
        """Move a damaged state out of the store; return the error that says so.

        Raises:
            EnvironmentFault: It cannot be moved.
        """
        folder = self._folder(state)
        if folder.parent.is_symlink():
            return _linked(folder.parent)
        target = self.root.with_name(QUARANTINE) / f"{state[:12]}-{secrets.token_hex(4)}"
        try:
            target.mkdir(parents=True)
            with suppress(FileNotFoundError):  # another process was quicker
                folder.rename(target / folder.name)
        except OSError as error:
            raise EnvironmentFault(
                f"{display(folder)}: {why}, and could not be put aside ({error.strerror}); "
                f"delete it: it is trained again"
            ) from error
        return IntegrityError(
            f"{display(folder)}: {why}; moved to {display(target)}. "
            f"it is trained again, from its parent, when it is next needed"
        )

    def _folder(self, state: str) -> Path:
        return self.root / state[:2] / f"{state}.{self._suffix}"

    def _read(self, state: str, file: str) -> bytes:
        path = self._folder(state) / file
        try:
            if _is_linked(path.parent) or not stat.S_ISREG(path.lstat().st_mode):
                raise self.put_aside(state, "it is a link, or holds what is no plain file")
            return path.read_bytes()
        except OSError as error:
            if isinstance(error, FileNotFoundError):
                raise
            raise EnvironmentFault(
                f"{display(path)}: could not be read ({error.strerror}); mend that, or delete "
                f"its folder: it is trained again"
            ) from error

    def _rename(self, partial: Path, state: str) -> None:
        """Move a filled folder to its name; if another process was first, its copy is as good."""
        target = self._folder(state)
        try:
            partial.rename(target)
        except OSError:
            if not self.has(state):  # a link, or half a state, is in the way
                self.discard(state)
                partial.rename(target)


def folders(root: Path, *, begun: bool = False) -> Iterator[Path]:
    """Yield each state's folder, under whatever numerics, whole or not; pass by what is foreign.

    Args:
        root: The store.
        begun: Yield those instead that someone began to fill, or to remove.
    """
    name = _BEGUN if begun else _NAME
    for shelf in sorted(root.glob("??")):
        if not shelf.is_symlink():
            yield from (path for path in sorted(shelf.glob("*")) if name.fullmatch(path.name))


def remove(path: Path) -> None:
    """Remove a file, a link, or a folder with all that is in it; go through no link."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def _is_linked(folder: Path) -> bool:
    """Return whether a state's folder lies elsewhere; the store itself may."""
    return folder.is_symlink() or folder.parent.is_symlink()


def _linked(folder: Path) -> IntegrityError:
    return IntegrityError(f"{display(folder)}: is a link, and the store holds none; delete it")


def _has_bytes(*paths: Path) -> bool:
    """Return whether these are plain files, and not empty ones as machines leave that fail."""
    try:
        found = [path.lstat() for path in paths]
    except OSError:
        return False
    return all(stat.S_ISREG(each.st_mode) and each.st_size > 0 for each in found)
