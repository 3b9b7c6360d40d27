"""What takes seconds to decode is decoded once: `.cpbench/decoded/`, each file with its hash."""

import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import (  # its paths are an untyped `PathLike`
    load_file,  # pyright: ignore[reportUnknownVariableType]
    save_file,  # pyright: ignore[reportUnknownVariableType]
)
from torch import Tensor

from cpbench.digests import file_digest


def decoded(data: Path, key: str, decode: Callable[[], dict[str, Tensor]]) -> dict[str, Tensor]:
    """Return tensors decoded before under this key, or decode and keep them.

    Args:
        data: Folder of the datasets; the copies lie beside it, in `.cpbench/`.
        key: Digest of all that the tensors depend on.
        decode: Makes them.
    """
    path = data.parent / ".cpbench" / "decoded" / f"{key[:32]}.safetensors"
    noted = path.with_suffix(".sha256")
    # A copy that is not what was written is as good as none.
    if path.exists() and noted.exists() and file_digest(path) == noted.read_text():
        return load_file(path)
    tensors = decode()
    # To keep them is a convenience: on a full disk they are decoded anew each time.
    with suppress(OSError, SafetensorError):
        _keep(tensors, path, noted)
    return tensors


def _keep(tensors: dict[str, Tensor], path: Path, noted: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{secrets.token_hex(8)}.partial")  # others may write theirs
    try:
        save_file(tensors, partial)
        noted.write_text(file_digest(partial))
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
