"""Tidy results: one row per number that was read, `reports/results/<protocol>.csv`."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from cpbench.errors import EvidenceError
from cpbench.records.files import write_text
from cpbench.specs.reading import display


class Row(NamedTuple):
    """One number with all that identifies it."""

    protocol: str
    arm: str
    control: str
    """Empty for the curve."""
    point: str
    removal: int
    onset: int
    seed: int
    measurement: str
    at: str
    """`removal`, `final` or `every`."""
    epoch: int
    name: str
    value: float | None
    """Absent when there is no number; `status` says why."""
    unit: str
    status: str
    """`ok`, `flagged(…)`, `failed(…)` or `diverged`."""


def write_results(path: Path, rows: Iterable[Row]) -> None:
    """Write rows, sorted, each number in the shortest form that reads back exactly."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(Row._fields)
    for row in sorted(rows, key=lambda row: (row[:11], row.unit)):
        table.writerow(row._replace(value=None if row.value is None else repr(float(row.value))))
    write_text(path, text.getvalue())


def read_results(path: Path) -> tuple[Row, ...]:
    """Return the rows of a results file.

    Raises:
        EvidenceError: The file is missing or a line is not a row.
    """
    again = f"run `dvc repro evaluate@{path.stem}`"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise EvidenceError(f"{display(path)}: is missing; {again}") from error
    except UnicodeDecodeError as error:
        raise EvidenceError(f"{display(path)}: is not a table of results; {again}") from error
    return parse_results(text, display(path))


def parse_results(text: str, label: str) -> tuple[Row, ...]:
    """Return the rows of a results file's text; `label` names it in errors.

    Raises:
        EvidenceError: A line is not a row.
    """
    again = "re-run the stage `evaluate`"
    try:
        header, *lines = list(csv.reader(io.StringIO(text))) or [[]]
    except csv.Error as error:
        raise EvidenceError(f"{label}: is not a table of results ({error}); {again}") from error
    if tuple(header) != Row._fields:
        raise EvidenceError(f"{label}:1: the header is not {','.join(Row._fields)}; {again}")
    rows: list[Row] = []
    for number, cells in enumerate(lines, start=2):
        try:
            rows.append(_row(cells))
        except (ValueError, TypeError) as error:
            raise EvidenceError(f"{label}:{number}: {error}; {again}") from error
    return tuple(rows)


def _row(cells: list[str]) -> Row:
    if len(cells) != len(Row._fields):
        raise ValueError(f"has {len(cells)} cells instead of {len(Row._fields)}")
    row = Row(*cells)  # pyright: ignore[reportArgumentType] - every cell is text until the next line
    return row._replace(
        removal=int(row.removal),
        onset=int(row.onset),
        seed=int(row.seed),
        epoch=int(row.epoch),
        value=float(row.value) if row.value else None,
    )
