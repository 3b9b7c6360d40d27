"""Trees of image files: unpacked from an archive, listed, hashed. No torch."""

import hashlib
import lzma
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from pathlib import Path

from cpbench.errors import EnvironmentFault, UsageError

UNREADABLE = (
    tarfile.TarError,
    zipfile.BadZipFile,
    lzma.LZMAError,
    zlib.error,
    OSError,
    EOFError,
    RuntimeError,  # zipfile's word for an archive with a password
)


def tree_digest(root: Path) -> str:
    """Return the SHA-256 over the lines `<relative path> <SHA-256 of the file>`, sorted by path."""
    whole = hashlib.sha256()
    for split in ("train", "test"):
        for name in classes_of(root, split):
            for path in files_of(root / split / name):
                content = hashlib.sha256(path.read_bytes()).hexdigest()
                whole.update(f"{path.relative_to(root).as_posix()} {content}\n".encode())
    return whole.hexdigest()


def classes_of(root: Path, split: str = "train") -> list[str]:
    """Return the names of a split's class folders, sorted: their order is the label."""
    return sorted(path.name for path in (root / split).iterdir() if path.is_dir())


def files_of(folder: Path) -> list[Path]:
    """Return a class folder's files, sorted; hidden files are not images."""
    return sorted(
        path for path in folder.glob("*") if path.is_file() and not path.name.startswith(".")
    )


def unpack(archive: Path, target: Path) -> None:
    """Unpack a tar or zip archive of one image tree; the target appears whole or not at all.

    Raises:
        UsageError: The archive does not exist, or the target does already.
        EnvironmentFault: It cannot be read or holds no `train/` and `test/`.
    """
    if not archive.is_file():
        raise UsageError(
            f"{archive}: no such file; give an archive of train/<class>/* and test/<class>/*"
        )
    if target.exists():
        raise UsageError(f"{target}: exists already; remove it first or choose another NAME")
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=target.parent, prefix=".unpack-"))
    try:
        _extract(archive, folder)
        _tree_in(folder, archive).rename(target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _extract(archive: Path, folder: Path) -> None:
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as content:
                content.extractall(folder)  # noqa: S202 - zipfile refuses paths that leave the folder
        else:
            with tarfile.open(archive) as content:
                content.extractall(folder, filter="data")
    except UNREADABLE as error:
        raise EnvironmentFault(f"{archive}: cannot be unpacked ({error})") from error


def _tree_in(folder: Path, archive: Path) -> Path:
    """Return where train/ and test/ lie: at the top, or one folder down."""
    for root in (folder, *sorted(path for path in folder.iterdir() if path.is_dir())):
        if (root / "train").is_dir() and (root / "test").is_dir():
            return root
    raise EnvironmentFault(f"{archive}: holds no train/ and test/ folders")
