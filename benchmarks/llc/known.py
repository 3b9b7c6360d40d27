"""References are made once, and kept with the digest of the weights that they belong to."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from torch import nn

from benchmarks.llc.density import Task
from benchmarks.llc.mala import Length, Reference
from benchmarks.llc.place import FOLDER, write

References = Callable[[], list[Reference]]


def known(
    name: str, models: Sequence[nn.Module], task: Task, length: Length, make: References
) -> list[Reference]:
    """Return the references of these models: those kept under this name if they fit, else new ones.

    Args:
        name: Of the file.
        models: At w*.
        task: What L is, and nβ and γ.
        length: How long the chains are.
        make: Makes the references.
    """
    path = FOLDER / "references" / f"{name}.json"
    key = _key(models, task, length)
    kept = _kept(path, key)
    if kept is not None:
        return kept
    made = make()
    lines = [each._asdict() for each in made]
    write(name, {"key": key, "length": length._asdict(), "references": lines}, folder=path.parent)
    return made


def _kept(path: Path, key: str) -> list[Reference] | None:
    """Return what is kept under a key; None if nothing is."""
    if not path.exists():
        return None
    content = cast("Mapping[str, Any]", json.loads(path.read_text(encoding="utf-8"))["results"])
    if content["key"] != key:
        return None
    return [Reference(**each) for each in content["references"]]


def _key(models: Sequence[nn.Module], task: Task, length: Length) -> str:
    """Return a digest of all that references depend on, but for their randomness."""
    whole = hashlib.sha256(repr((task.nbeta, task.localization, *length)).encode())
    states = [each for model in models for each in model.state_dict().values()]
    for tensor in (task.inputs, task.targets, *states):
        whole.update(tensor.detach().contiguous().numpy().tobytes())
    return whole.hexdigest()
