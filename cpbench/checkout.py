"""The checkout: which commit the code is at, whether it was edited, and who works in it."""

import shutil
import subprocess
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


def _git(root: Path, *words: str) -> str:
    """Return what git says, or nothing where it is absent or refuses."""
    program = shutil.which("git")
    if program is None:
        return ""
    command = [program, "-C", str(root), *words]
    said = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed words
    return said.stdout.strip() if said.returncode == 0 else ""
