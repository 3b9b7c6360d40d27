"""Fixtures that drive real DVC on a small project."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from workspaces import Workspace, make_workspace


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A project after its first `dvc repro`; not to be changed."""
    workspace = make_workspace(tmp_path_factory.mktemp("finished"))
    assert workspace.repro() == ["plan", "train", "measure", "evaluate", "score", "report"]
    return workspace


@pytest.fixture
def workspace(finished: Workspace, tmp_path: Path) -> Workspace:
    """A copy of the finished project that a test may change."""
    root = tmp_path / "copy"
    shutil.copytree(finished.root, root, symlinks=True)
    return Workspace(root)


@pytest.fixture
def fresh(tmp_path: Path) -> Callable[[str], Workspace]:
    """Makes projects in which nothing has run."""
    return lambda name: make_workspace(tmp_path / name)
