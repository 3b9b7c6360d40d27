"""The checkout: which commit the code is at, whether it was edited, and who works in it."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path


def commit(root: Path) -> str:
    """Return the commit that is checked out, empty outside a checkout."""
    return _git(root, "rev-parse", "HEAD")


def is_dirty(root: Path, *paths: str) -> bool:
    """Return whether tracked files differ from the commit; paths narrow the question to some."""
    return bool(_git(root, "status", "--porcelain", "--untracked-files=no", "--", *paths))


def author(root: Path) -> str:
    """Return the Git user's name, empty where none is set."""
    return _git(root, "config", "user.name")


def committed(root: Path, path: Path) -> str:
    """Return a file's text at the commit that is checked out, empty where it is not there."""
    return _git(root, "show", f"HEAD:{path.relative_to(root).as_posix()}")


def versions(root: Path, path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield each commit that changed a file, newest first, with the file's bytes at it.

    A commit that deleted the file is left out: it holds no version.
    """
    for commit_id in commits(root, path):
        if (data := content(root, path, commit_id)) is not None:
            yield commit_id, data


def commits(root: Path, path: Path) -> list[str]:
    """Return the commits that changed a file, newest first."""
    name = path.relative_to(root).as_posix()
    return _git(root, "log", "--full-history", "--format=%H", "--", name).split()


def content(root: Path, path: Path, commit_id: str) -> bytes | None:
    """Return a file's bytes at a commit, or nothing where it is not there."""
    return _said(root, "show", f"{commit_id}:./{path.relative_to(root).as_posix()}")


def _git(root: Path, *words: str) -> str:
    """Return what git says, or nothing where it is absent or refuses."""
    return (_said(root, *words) or b"").decode(errors="replace").strip()


def _said(root: Path, *words: str) -> bytes | None:
    program = shutil.which("git")
    if program is None:
        return None
    command = [program, "-C", str(root), *words]
    said = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - fixed words
    return said.stdout if said.returncode == 0 else None
