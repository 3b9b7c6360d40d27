"""What `cpbench tune` measured on a device, in `.cpbench/tuned.json`.

It may choose only how many members share a CUDA graph, which moves no bit: delete it and training
gives the same numbers at another pace.
"""

from collections import defaultdict
from pathlib import Path

from pydantic import ValidationError

from cpbench.errors import EnvironmentFault
from cpbench.records.files import to_json, write_text
from cpbench.specs.base import Count, Positive, Spec
from cpbench.specs.reading import display

WORTH = 1.05
"""More members must be faster than fewer by this much: they take memory."""


class Timing(Spec):
    """What members of one shape take under one executor."""

    model: str
    batch_size: Count
    precision: str | None = None
    executor: str
    width: Count
    """Members trained side by side."""
    milliseconds: Positive
    """Per step of one member."""


class Tuned(Spec):
    """The timings of one device."""

    device: str
    versions: dict[str, str]
    timings: tuple[Timing, ...]

    def branches(self) -> dict[str, int]:
        """Return how many members a CUDA graph should take, by kind of model."""
        found: dict[str, dict[int, list[Timing]]] = defaultdict(lambda: defaultdict(list))
        for each in self.timings:
            if each.executor == "graphed":
                found[each.model][each.width].append(each)
        return {model: _best(by_width) for model, by_width in found.items()}


def read_tuned(path: Path) -> Tuned | None:
    """Return what was measured here, or nothing where nobody has.

    Raises:
        EnvironmentFault: The file is not what `cpbench tune` writes.
    """
    try:
        return Tuned.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise EnvironmentFault(
            f"{display(path)}: is no record of `cpbench tune`; delete it or tune again"
        ) from error


def write_tuned(path: Path, tuned: Tuned) -> None:
    """Write what was measured, in place of what was."""
    write_text(path, to_json(tuned.json_value()))


def _best(by_width: dict[int, list[Timing]]) -> int:
    """Return the least width that no other beats by much, over the shapes that all widths fit."""
    most = max(map(len, by_width.values()))
    complete = {width: each for width, each in by_width.items() if len(each) == most}
    times = {width: sum(one.milliseconds for one in each) for width, each in complete.items()}
    return min(width for width, time in times.items() if time <= WORTH * min(times.values()))
