"""The page of `cpbench store ls`."""

from typing import Any

import typer
from rich.table import Table

from cpbench.cli.plain_tables import Page, least_width, stacked
from cpbench.cli.store_contents import Amount, Contents, Shelf

KILO = 1000
UNITS = ("B", "kB", "MB", "GB", "TB")


def print_contents(found: Contents) -> None:
    """Print what lies in the store."""
    if found.shelves:
        table = Table(box=None, pad_edge=False)
        for column in ("arithmetic", "states", "size", "needed by"):
            is_number = column in {"states", "size"}
            table.add_column(
                column, overflow="fold", no_wrap=is_number, justify="right" if is_number else "left"
            )
        for shelf in found.shelves:
            number, size_of_all = shelf.states.number, size(shelf.states.bytes)
            table.add_row(_arithmetic(shelf), f"{number:,}", size_of_all, _users(shelf))
        page = Page()
        page.print(table if least_width(table) <= page.width else stacked(table))
    else:
        typer.echo("nothing is stored; `dvc repro` trains what the protocols need")
    _say("states within unfinished segments", found.waypoints)
    _say("damaged, in quarantine", found.quarantine)
    _say("unfinished folders", found.unfinished)
    for name, holder in found.leases.items():
        typer.echo(f"lease {name}: {holder}")


def contents_json(found: Contents) -> dict[str, Any]:
    """Return what lies in the store as JSON values."""
    return {
        "shelves": [each._asdict() | {"states": each.states._asdict()} for each in found.shelves],
        "waypoints": found.waypoints._asdict(),
        "quarantine": found.quarantine._asdict(),
        "unfinished": found.unfinished._asdict(),
        "leases": found.leases,
    }


def size(num_bytes: int) -> str:
    """Return a number of bytes in words, three digits or so."""
    value, unit = float(num_bytes), UNITS[0]
    for unit in UNITS:
        if value < KILO or unit == UNITS[-1]:
            break
        value /= KILO
    return f"{value:,.0f} {unit}" if unit == "B" else f"{value:,.1f} {unit}"


def _say(what: str, found: Amount) -> None:
    if found.number:
        typer.echo(f"{what}: {found.number:,}, {size(found.bytes)}")


def _arithmetic(shelf: Shelf) -> str:
    return " ".join(f"{key}={value}" for key, value in shelf.numerics.items()) or "unreadable"


def _users(shelf: Shelf) -> str:
    users = [f"{name} ({count:,})" for name, count in shelf.protocols.items()]
    return ", ".join(users + ([f"nothing ({shelf.unused:,})"] if shelf.unused else []))
