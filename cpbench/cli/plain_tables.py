"""Tables of people's words on a terminal: narrow, and safe whatever the words hold."""

from collections.abc import Iterable
from typing import NoReturn

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from cpbench.cli.commands import ReaderGoneError

LONG_NAME = 24
"""Letters of a name that are kept on one line; a longer one is folded, never cut."""
GAP = 2
"""Columns between two of a table's, and at its edges."""


class Page(Console):
    """Prints people's words as they are; rich itself would call a closed pipe a failure."""

    def __init__(self) -> None:
        super().__init__(highlight=False, markup=False, emoji=False)

    def on_broken_pipe(self) -> NoReturn:
        """Leave in peace.

        Raises:
            ReaderGoneError: Always.
        """
        raise ReaderGoneError


def plain(words: str, style: str = "") -> Text:
    """Return a person's words on one line, unable to colour or steer a terminal."""
    line = " ".join(words.split())
    shown = (char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in line)
    return Text("".join(shown), style=style, overflow="fold")


def lines(words: Iterable[str]) -> Text:
    """Return words as one text, a line each."""
    return Text("\n").join(map(plain, words))


def table(title: str, *columns: str, numbers: set[str]) -> Table:
    """Return an empty table; columns in `numbers` stand to the right and are never broken."""
    made = Table(
        title=title,
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
    )
    for column in columns:
        is_number = column in numbers
        made.add_column(
            column,
            justify="right" if is_number else "left",
            no_wrap=is_number,
            overflow="fold",
            min_width=9 if column in {"by", "claim", "forecast", "bet", "party"} else None,
        )
    return made


def least_width(table: Table) -> int:
    """Return the columns that a table needs so that it cuts no word and no number."""
    return sum(_least(column) + GAP for column in table.columns)


def narrowed(table: Table, width: int) -> list[str]:
    """Drop columns from the right until a table fits, never the first, and return which."""
    dropped: list[str] = []
    while least_width(table) > width and len(table.columns) > 1:
        dropped.append(str(table.columns.pop().header))
    return dropped[::-1]


def stacked(table: Table) -> Text:
    """Return a table as a block per row: its first cell, and below it each other with its header.

    For where there is no room: nothing is cut or left out.
    """
    names, *columns = ([str(cell) for cell in column.cells] for column in table.columns)
    headers = [str(column.header) for column in table.columns[1:]]
    told = (
        "\n".join([name, *(f"  {head} {cell}" for head, cell in zip(headers, cells, strict=True))])
        for name, *cells in zip(names, *columns, strict=True)
    )
    return Text("\n".join(told), overflow="fold")


def _least(column: Column) -> int:
    cells = (column.header, *column.cells)
    texts = [cell.plain if isinstance(cell, Text) else str(cell) for cell in cells]
    if column.no_wrap:
        return max(cell_len(line) for text in texts for line in text.split("\n"))
    return min(LONG_NAME, max(cell_len(word) for text in texts for word in text.split() or [""]))


def number(value: float | None) -> str:
    """Return a score with three decimals, or nothing."""
    return "" if value is None else f"{value:.3f}"


def points(value: float | None) -> str:
    """Return a score that is counted in points, with one decimal, or nothing."""
    return "" if value is None else f"{value:+.1f}"


def money(cents: int, currency: str) -> str:
    """Return integer cents as `USD +10.00`, exactly."""
    whole, rest = divmod(abs(cents), 100)
    sign = "-" if cents < 0 else "+"
    return f"{currency} {sign}{whole}.{rest:02d}"
