import subprocess
from pathlib import Path

import pytest

from cpbench import checkout


def git(root: Path, *words: str) -> None:
    who = ("-c", "user.name=t", "-c", "user.email=t@t")
    subprocess.run(["git", "-C", str(root), *who, *words], check=True, capture_output=True)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    folder = tmp_path / "study"  # a project need not be the top of its checkout
    folder.mkdir()
    for text in (b"one\r\n", b"one\r\ntwo\n"):
        (folder / "list").write_bytes(text)
        git(tmp_path, "add", "-A")
        git(tmp_path, "commit", "-qm", "a step")
    return folder


def test_a_file_is_told_as_each_commit_has_it_newest_first(root: Path):
    found = list(checkout.versions(root, root / "list"))
    assert [data for _, data in found] == [b"one\r\ntwo\n", b"one\r\n"]
    assert found[0][0] == checkout.commit(root)


def test_a_commit_that_deleted_it_holds_no_version(root: Path):
    (root / "list").unlink()
    git(root, "add", "-A")
    git(root, "commit", "-qm", "gone")
    assert len(list(checkout.versions(root, root / "list"))) == 2


def test_a_file_of_the_commit_is_told_as_text(root: Path):
    assert checkout.committed(root.parent, root / "list") == "one\r\ntwo"
    assert checkout.committed(root.parent, root / "none") == ""


def test_outside_of_a_checkout_and_without_git_nothing_is_told(
    root: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
):
    bare = tmp_path_factory.mktemp("bare")
    assert list(checkout.versions(bare, bare / "list")) == []
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert checkout.commit(root) == ""
    assert list(checkout.versions(root, root / "list")) == []
