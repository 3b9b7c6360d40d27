import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cpbench.image_trees import tree_digest

Cpbench = Callable[..., Any]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "pets.tar.gz"
    with tarfile.open(path, "w:gz") as content:
        for name in ("train/cats/0.png", "train/dogs/0.png", "test/cats/0.png", "test/dogs/0.png"):
            entry = tarfile.TarInfo(name)
            content.addfile(entry, io.BytesIO())
    return path


def test_an_archive_is_unpacked_and_the_lines_of_a_spec_are_printed(
    project: Path, cpbench: Cpbench, archive: Path
):
    code, out, err = cpbench("data", str(archive), "--name", "pets")
    assert (code, err) == (0, "")
    assert "2 training and 2 test images in 2 classes" in out
    assert f"root: pets, num_classes: 2, sha256: {tree_digest(project / 'data' / 'pets')}" in out


@pytest.mark.usefixtures("project")
def test_what_is_there_is_not_overwritten(cpbench: Cpbench, archive: Path):
    cpbench("data", str(archive), "--name", "pets")
    code, _, err = cpbench("data", str(archive), "--name", "pets")
    assert code == 2
    assert "exists already" in err


@pytest.mark.usefixtures("project")
def test_a_missing_archive_is_a_usage_error(cpbench: Cpbench):
    assert cpbench("data", "none.zip", "--name", "pets").code == 2


@pytest.mark.parametrize("name", ["../pets", "/pets", "Pets", ""])
def test_a_name_that_no_spec_could_write_is_refused(
    project: Path, cpbench: Cpbench, archive: Path, name: str
):
    before = sorted(project.parent.rglob("*"))
    code, _, err = cpbench("data", str(archive), "--name", name)
    assert code == 2
    assert len(err.splitlines()) == 1
    assert sorted(project.parent.rglob("*")) == before
