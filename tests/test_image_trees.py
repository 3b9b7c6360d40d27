import io
import tarfile
import zipfile
from contextlib import nullcontext
from pathlib import Path

import pytest

from cpbench.errors import EnvironmentFault, UsageError
from cpbench.image_trees import classes_of, files_of, tree_digest, unpack

FILES = {
    "train/cats/0.png": b"a",
    "train/dogs/0.png": b"b",
    "test/cats/0.png": b"c",
    "test/dogs/0.png": b"d",
}
CIFAR10 = Path(__file__).parents[2] / "shared" / "data" / "cifar10_jpeg.tar.xz"


def tar(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:*" if path.suffix == ".tar" else f"w:{path.suffix[1:]}") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize("ending", ["tar.gz", "tar.xz", "tar.bz2", "zip"])
@pytest.mark.parametrize("top", ["", "pets/"])
def test_an_archive_becomes_a_tree_whatever_it_is_packed_with(
    tmp_path: Path, ending: str, top: str
):
    pack = zipped if ending == "zip" else tar
    archive = pack(
        tmp_path / f"pets.{ending}", {top + name: content for name, content in FILES.items()}
    )
    target = tmp_path / "data" / "pets"
    unpack(archive, target)
    assert classes_of(target) == ["cats", "dogs"]
    assert {
        str(path.relative_to(target)): path.read_bytes() for path in target.rglob("*.png")
    } == FILES
    assert [path.name for path in target.parent.iterdir()] == ["pets"]


def test_the_digest_does_not_depend_on_the_archive(tmp_path: Path):
    unpack(tar(tmp_path / "a.tar.gz", FILES), tmp_path / "a")
    unpack(zipped(tmp_path / "b.zip", dict(reversed(FILES.items()))), tmp_path / "b")
    assert tree_digest(tmp_path / "a") == tree_digest(tmp_path / "b")


@pytest.mark.parametrize("name", ["../outside.txt", "train/../../../outside.txt"])
@pytest.mark.parametrize("pack", [tar, zipped])
def test_nothing_is_written_outside_the_target(tmp_path: Path, pack: object, name: str):
    ending = "zip" if pack is zipped else "tar.gz"
    archive = (zipped if pack is zipped else tar)(tmp_path / f"bad.{ending}", FILES | {name: b"x"})
    # A zip is unpacked beneath the target all the same; a tar that climbs out is refused.
    refused = pytest.raises(EnvironmentFault, match="cannot be unpacked")
    with nullcontext() if pack is zipped else refused:
        unpack(archive, tmp_path / "data" / "pets")
    outside = [
        path
        for path in tmp_path.rglob("outside.txt")
        if tmp_path / "data" / "pets" not in path.parents
    ]
    assert outside == []


def test_a_link_that_leaves_the_tree_is_refused(tmp_path: Path):
    path = tmp_path / "bad.tar"
    with tarfile.open(path, "w") as archive:
        entry = tarfile.TarInfo("train")
        entry.type, entry.linkname = tarfile.SYMTYPE, "/etc"
        archive.addfile(entry)
    with pytest.raises(EnvironmentFault, match="cannot be unpacked"):
        unpack(path, tmp_path / "pets")


def test_an_existing_target_is_left_alone(tmp_path: Path):
    target = tmp_path / "pets"
    target.mkdir()
    (target / "mine.txt").write_text("precious")
    with pytest.raises(UsageError, match="exists already"):
        unpack(tar(tmp_path / "a.tar.gz", FILES), target)
    assert [path.name for path in target.iterdir()] == ["mine.txt"]


def test_a_missing_archive_is_a_usage_error(tmp_path: Path):
    with pytest.raises(UsageError, match="no such file"):
        unpack(tmp_path / "none.zip", tmp_path / "pets")


@pytest.mark.parametrize("ending", ["tar.gz", "tar.xz", "tar.bz2", "zip"])
def test_a_damaged_archive_leaves_nothing_behind(tmp_path: Path, ending: str):
    many = {f"train/cats/{number}.png": bytes([number]) * 5000 for number in range(50)} | FILES
    archive = (zipped if ending == "zip" else tar)(tmp_path / f"a.{ending}", many)
    content = bytearray(archive.read_bytes())
    content[len(content) // 2 :] = bytes(len(content) - len(content) // 2)
    archive.write_bytes(content)
    with pytest.raises(EnvironmentFault, match=r"cannot be unpacked|holds no train"):
        unpack(archive, tmp_path / "data" / "pets")
    assert list((tmp_path / "data").iterdir()) == []


def test_an_archive_of_something_else_is_refused(tmp_path: Path):
    with pytest.raises(EnvironmentFault, match="holds no train/ and test/"):
        unpack(tar(tmp_path / "a.tar.gz", {"readme.txt": b"hello"}), tmp_path / "data" / "pets")
    (tmp_path / "b.zip").write_bytes(b"no archive")
    with pytest.raises(EnvironmentFault, match="cannot be unpacked"):
        unpack(tmp_path / "b.zip", tmp_path / "data" / "pets")
    assert list((tmp_path / "data").iterdir()) == []


def test_classes_and_files_are_sorted(tmp_path: Path):
    for name in ("b", "a", "c"):
        (tmp_path / "train" / name).mkdir(parents=True)
    for name in ("2.png", "10.png", ".hidden"):
        (tmp_path / "train" / "a" / name).touch()
    assert classes_of(tmp_path) == ["a", "b", "c"]
    assert [path.name for path in files_of(tmp_path / "train" / "a")] == ["10.png", "2.png"]


@pytest.mark.slow
@pytest.mark.skipif(
    not CIFAR10.exists(), reason="the archive of CIFAR-10 as JPEG is not on this machine"
)
def test_the_archive_of_cifar10_is_what_the_protocol_declares(tmp_path: Path):
    declared = "3f8acc60b8946a2fc5c018001aa6d6378b74d634b253e031266bd186e7aab6bd"
    target = tmp_path / "cifar10_jpeg"
    unpack(CIFAR10, target)
    assert len(classes_of(target)) == 10
    assert sum(len(files_of(target / "train" / name)) for name in classes_of(target)) >= 5000
    assert tree_digest(target) == declared
