"""What torchvision fetches, checked against the hashes that the language states."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from cpbench.digests import file_digest
from cpbench.errors import EnvironmentFault, IntegrityError
from cpbench.specs.datasets import AbstractTorchvision

T = TypeVar("T")


def fetched(spec: AbstractTorchvision, folder: Path, fetch: Callable[[], T]) -> T:
    """Return what `fetch` returns, once the published files it read are what they should be.

    Files that are there are checked first, so that none is taken for missing because it is damaged;
    files that `fetch` brings are checked after it.

    Args:
        spec: Says which files, and their SHA-256.
        folder: Where they lie.
        fetch: Downloads what is missing and reads it.

    Raises:
        EnvironmentFault: They are absent and cannot be downloaded.
        IntegrityError: One has another SHA-256 than the published one.
    """
    kept = [name for name in spec.files if (folder / name).exists()]
    _verify(spec, folder, kept)
    try:
        found = fetch()
    except (OSError, RuntimeError) as error:
        raise EnvironmentFault(
            f"{folder}: the dataset is not here and cannot be downloaded ({_one_line(error)}); "
            f"put {', '.join(spec.files)} there"
        ) from error
    _verify(spec, folder, [name for name in spec.files if name not in kept])
    return found


def _verify(spec: AbstractTorchvision, folder: Path, names: list[str]) -> None:
    for path in (folder / name for name in names):
        # An archive may have been deleted after it was unpacked: torchvision checks what was in it.
        found = file_digest(path) if path.exists() else spec.files[path.name]
        if found != spec.files[path.name]:
            raise IntegrityError(
                f"{path}: SHA-256 is {found}, expected {spec.files[path.name]}; "
                "delete it and fetch it again"
            )


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
