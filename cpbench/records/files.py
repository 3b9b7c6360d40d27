"""Reading and writing records: whole or not at all, the same bytes for the same values."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from cpbench.errors import EvidenceError
from cpbench.specs.reading import display

Record = TypeVar("Record", bound=BaseModel)


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically: a reader sees the old file or the new one, never half of one."""
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


def to_json(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return readable JSON: objects opened to depth two, then one line each, so that diffs count things."""
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
        raise EvidenceError(f"{display(path)}: {where}: {first['msg']}; re-run `dvc repro {stage}`") from error


def _lines(value: Any, depth: int) -> str:  # noqa: ANN401 - any JSON value
    inner, outer = "  " * (depth + 1), "  " * depth
    if isinstance(value, dict) and value and depth < 2:
        body = ",\n".join(f"{inner}{json.dumps(key)}: {_lines(item, depth + 1)}" for key, item in value.items())
        return f"{{\n{body}\n{outer}}}"
    if isinstance(value, list) and value and depth < 2 and isinstance(value[0], dict | list):
        return "[\n" + ",\n".join(f"{inner}{_flat(item)}" for item in value) + f"\n{outer}]"
    return _flat(value)


def _flat(value: Any) -> str:  # noqa: ANN401 - any JSON value
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
