"""What packing saves, as a benchmark measured it; a by-product that only the report reads."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from cpbench.errors import EvidenceError
from cpbench.specs.base import Positive
from cpbench.specs.reading import display


class _Part(BaseModel):
    """A part of a benchmark's file; what else stands there is not for us."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class _Ratio(_Part):
    median: Positive


class _Results(_Part):
    protocols: tuple[str, ...] = ()
    sequential_over_stacked: _Ratio


class _Benchmark(_Part):
    results: _Results


def read_packing(path: Path, protocol: str) -> float | None:
    """Return how many times as long a protocol trains when every member is trained alone.

    Args:
        path: What `benchmarks.engine.study` wrote.
        protocol: Its name.

    Returns:
        The ratio, or none where it was not measured for this protocol.

    Raises:
        EvidenceError: The file is of another form.
    """
    if not path.exists():
        return None
    try:
        found = _Benchmark.model_validate_json(path.read_bytes()).results
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise EvidenceError(
            f"{display(path)}: {where}: {first['msg']}; "
            "delete it or run `python -m benchmarks.engine.study`"
        ) from error
    return found.sequential_over_stacked.median if protocol in found.protocols else None
