"""Reading and writing records: whole or not at all, the same bytes for the same values."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ValidationError

from cpbench.errors import EnvironmentFault, EvidenceError
from cpbench.specs.reading import display

OPEN_DEPTH = 2

Record = TypeVar("Record", bound=BaseModel)


def write_text(path: Path, text: str) -> None:
    """Write a text file: a reader sees the old one or the new one, never half of one.

    Raises:
        EnvironmentFault: The disk is full or not writable.
    """
    try:
        _replace(path, text)
    except OSError as error:
        raise EnvironmentFault(
            f"{display(path)}: {len(text.encode()):,} bytes could not be written "
            f"({error.strerror}); free space and run again"
        ) from error


def to_json(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return readable JSON: objects opened to `OPEN_DEPTH`, then one line each.

    So a line of a diff is one thing.
    """
    return _lines(value, 0) + "\n"


def read_record(model: type[Record], path: Path, *, stage: str) -> Record:
    """Return a JSON record.

    Args:
        model: What it must be.
        path: Where it lies.
        stage: The stage that makes it, named in the error.

    Raises:
        EvidenceError: It is missing or not of that form.
    """
    try:
        return model.model_validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise EvidenceError(f"{display(path)}: is missing; run `dvc repro {stage}`") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise EvidenceError(
            f"{display(path)}: {where}: {first['msg']}; re-run `dvc repro {stage}`"
        ) from error


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _lines(value: Any, depth: int) -> str:  # noqa: ANN401 - any JSON value
    inner, outer = "  " * (depth + 1), "  " * depth
    if not value or depth >= OPEN_DEPTH:
        return _flat(value)
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value).items()
        body = ",\n".join(
            f"{inner}{json.dumps(key)}: {_lines(item, depth + 1)}" for key, item in members
        )
        return f"{{\n{body}\n{outer}}}"
    if isinstance(value, list):
        items = cast("list[Any]", value)
        if isinstance(items[0], dict | list):
            return "[\n" + ",\n".join(f"{inner}{_flat(item)}" for item in items) + f"\n{outer}]"
    return _flat(value)


def _flat(value: Any) -> str:  # noqa: ANN401 - any JSON value
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
