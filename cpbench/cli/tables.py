"""Other people's tables: a CSV file as the rows of a published arm, each slip with its line."""

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from cpbench.errors import Problem, SpecError, UsageError
from cpbench.specs.published import FULL, AccuracyUnit, Ending, Removed
from cpbench.specs.reading import display
from cpbench.specs.validating import MAX_SHOWN, one_of

MAX_BYTES = 1024 * 1024
INTEGERS = ("removal", "seed")
REQUIRED = ("removal", "accuracy")
FIELDS = tuple(sorted(Removed.model_fields))
"""What a column may be read as."""
_SMALLEST = {"llc": -math.inf, "llc_at_removal": -math.inf}

Values = dict[str, float]


class Line(NamedTuple):
    """One row of a table with the number of its line."""

    number: int
    values: Values


class _Cells(NamedTuple):
    """The same as text; the number is that of its last line."""

    number: int
    cells: list[str]


class Table(NamedTuple):
    """A CSV file's numbers under our names."""

    file: str
    lines: tuple[Line, ...]

    def fail(self, line: int, field: str, message: str) -> SpecError:
        """Return a problem with one line of the file."""
        return SpecError([Problem(self.file, line, 1, field, message)])


def pairs_of(option: str, written: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """Return `NAME=VALUE` options as a mapping.

    Raises:
        UsageError: One has no `=`, is given twice, or has a name that is not known.
    """
    found: dict[str, str] = {}
    for pair in written:
        name, sign, value = pair.partition("=")
        if not sign or not value:
            raise UsageError(f"{option} {pair!r}: write NAME=VALUE")
        if name not in known:
            raise UsageError(f"{option}: {one_of(name, known)}")
        if name in found:
            raise UsageError(f"{option} {name} is given twice; keep one")
        found[name] = value
    return found


def read_table(path: Path, columns: Mapping[str, str]) -> Table:
    """Return the numbers of the columns that were asked for.

    Args:
        path: A CSV file with a header.
        columns: Our name to the file's.

    Raises:
        UsageError: A column that is needed was not named.
        SpecError: The file cannot be read, lacks a column, or a cell is no finite number.
    """
    if absent := [name for name in REQUIRED if name not in columns]:
        raise UsageError(f"say which column holds the {absent[0]}: --column {absent[0]}=COLUMN")
    label = display(path)
    (_, header), *lines = _cells(path, label)
    where: dict[str, int] = {}
    for name, column in columns.items():
        if column not in header:
            raise _failure(label, 1, f"column {one_of(column, header)}")
        where[name] = header.index(column)
    table = Table(label, tuple(_lines(label, lines, where, len(header))))
    if not table.lines:
        raise _failure(label, 1, "has a header and no rows")
    return table


def unit_in(table: Table, said: AccuracyUnit | None) -> AccuracyUnit:
    """Return the unit of a table's accuracies: what was said, or what the numbers allow.

    Numbers above 1 are no fractions; numbers up to 1 would all be below 1 %.

    Raises:
        SpecError: The numbers contradict what was said.
    """
    largest = max(line.values["accuracy"] for line in table.lines)
    found: AccuracyUnit = "percent" if largest > FULL["fraction"] else "fraction"
    if said not in {None, found}:
        raise _failure(table.file, 1, f"accuracies up to {largest:g} are not in {said}")
    for number, values in table.lines:
        for name, value in values.items():
            if "accuracy" in name and value > FULL[found]:
                raise table.fail(number, name, f"{value:g} is more than all of {found}")
    return found


def arm_rows(table: Table, total_epochs: int) -> tuple[list[Values], list[Values], list[int]]:
    """Return the curve, the runs that were never freed, and the seeds as the table names them.

    Runs that lost the deficit at their end or later never lost it. Seeds are numbered from 0 in
    the order of their names; a table without them has one run per removal.

    Raises:
        SpecError: Two rows are the same run, or there is no curve.
    """
    labels = sorted({_whole(line.values.get("seed", 0)) for line in table.lines})
    curve: dict[tuple[int, int], Values] = {}
    never: dict[tuple[int, int], Values] = {}
    for number, values in table.lines:
        removal, label = _whole(values["removal"]), _whole(values.get("seed", 0))
        is_free = removal < total_epochs
        target, key = (curve, (removal, label)) if is_free else (never, (0, label))
        if key in target:
            what = f"removal {removal}" if is_free else f"a run never freed by {total_epochs}"
            raise table.fail(number, "removal", f"{what} is there twice; map a seed column")
        target[key] = _row(values, labels.index(label), is_free=is_free)
    if not curve:
        raise _failure(table.file, 1, f"every removal is at or after the total, {total_epochs}")
    return [curve[key] for key in sorted(curve)], [never[key] for key in sorted(never)], labels


def _row(values: Values, seed: int, *, is_free: bool) -> Values:
    fields = Removed.model_fields if is_free else Ending.model_fields
    found = {name: _tidy(name, values[name]) for name in fields if name in values}
    order = {name: found[name] for name in ("removal", "seed", *found) if name in found}
    return {**order, "seed": seed} if "seed" in order else order


def _tidy(name: str, value: float) -> float:
    return _whole(value) if name in INTEGERS else value


def _whole(value: float) -> int:
    return int(value)


def _cells(path: Path, label: str) -> list[_Cells]:
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise _failure(label, 1, f"cannot be read ({error.strerror}); check the path") from error
    except UnicodeDecodeError as error:
        raise _failure(label, 1, "is not UTF-8 text; save it as UTF-8") from error
    if len(data) > MAX_BYTES:
        raise _failure(label, 1, f"has more than {MAX_BYTES:,} bytes; import a smaller table")
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        lines = [_Cells(reader.line_num, cells) for cells in reader]
    except csv.Error as error:
        raise _failure(label, 1, f"is not a CSV file ({error})") from error
    if not lines:
        raise _failure(label, 1, "is empty; the first line must name the columns")
    header = lines[0].cells
    if not all(name.isprintable() for name in header) or len(set(header)) < len(header):
        raise _failure(label, 1, "the header must be distinct, printable names")
    return lines


def _lines(
    label: str, lines: Iterable[_Cells], where: Mapping[str, int], width: int
) -> Iterator[Line]:
    for number, cells in lines:
        if not cells:
            continue
        if len(cells) != width:
            raise _failure(label, number, f"has {len(cells)} cells, the header {width}")
        values: Values = {}
        for name, index in where.items():
            if cells[index].strip() or name in {*REQUIRED, "seed"}:
                values[name] = _number(label, number, name, cells[index])
        yield Line(number, values)


def _number(label: str, line: int, name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    smallest = _SMALLEST.get(name, 0.0)
    kind = "a whole number" if name in INTEGERS else "a finite number"
    fits = math.isfinite(value) and (name not in INTEGERS or value.is_integer())
    if not fits or value < smallest or "_" in text:
        least = " from 0 on" if math.isfinite(smallest) else ""
        raise SpecError(
            [Problem(label, line, 1, name, f"{text[:MAX_SHOWN]!a} is not {kind}{least}")]
        )
    return value


def _failure(label: str, line: int, message: str) -> SpecError:
    return SpecError([Problem(label, line, 1, "", message)])
