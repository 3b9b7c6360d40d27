"""The checkout: which commit the code is at, whether it was edited, and who works in it."""

import shutil
import subprocess
from pathlib import Path


def commit(root: Path) -> str:
    """Return the commit that is checked out, empty outside a checkout."""
    return _git(root, "rev-parse", "HEAD")


def is_dirty(root: Path) -> bool:
    """Return whether tracked files differ from the commit."""
    return bool(_git(root, "status", "--porcelain", "--untracked-files=no"))


def author(root: Path) -> str:
    """Return the Git user's name, empty where none is set."""
    return _git(root, "config", "user.name")


def _git(root: Path, *words: str) -> str:
    """Return what git says, or nothing where it is absent or refuses."""
    program = shutil.which("git")
    if program is None:
        return ""
    command = [program, "-C", str(root), *words]
    said = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed words
    return said.stdout.strip() if said.returncode == 0 else ""
