"""The ledger for people: readable at 60 columns and in a pipe."""

from collections.abc import Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from cpbench.cli.entering import printable
from cpbench.cli.meaning import bet_in_words, forecast_in_words
from cpbench.cli.plain_tables import Page
from cpbench.ledger import Entry, repair
from cpbench.ledger.entries import (
    AcceptEntry,
    ClaimEntry,
    DisputeEntry,
    ForecastEntry,
    OfferEntry,
    PredictionEntry,
    RevealEntry,
    SealedEntry,
    WithdrawEntry,
)
from cpbench.project import Project
from cpbench.specs.reading import display


def mended(project: Project) -> str:
    """Repair a torn last line and return what was done.

    Raises:
        IntegrityError: Another line is wrong; that is never repaired.
    """
    before = project.ledger.stat().st_size if project.ledger.exists() else 0
    kept = repair(project)
    if kept is not None:
        return f"cut off a torn last line; it is kept as {display(kept)}"
    after = project.ledger.stat().st_size if project.ledger.exists() else 0
    return "gave the last entry its end" if after != before else "nothing is torn"


def print_ledger(entries: Sequence[Entry]) -> None:
    """Print a table of entries."""
    console = Page()
    if not entries:
        console.print("nothing is registered yet: cpbench predict specs/predictions/*.yaml")
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column("UTC")
    table.add_column("kind", no_wrap=True)
    table.add_column("what")
    for entry in entries:
        # Names of authors come from Git, reasons from anybody: none may move the cursor.
        said = Text(printable(words_of(entry)))
        said.append(f"\n{printable(entry.author)}" if entry.author else "", style="dim")
        time = printable(entry.at.removesuffix("Z").replace("T", " "))
        table.add_row(str(entry.seq), time, entry.kind, said)
    console.print(table)


def words_of(entry: Entry) -> str:
    """Return what an entry says, in one line."""
    if isinstance(entry, PredictionEntry):
        said = entry.payload.prediction
        reason = f": {entry.payload.reason}" if entry.payload.reason else ""
        return f"{said.id}, {len(said.claims)} claims, {len(said.forecasts)} forecasts{reason}"
    return f"{entry.payload.prediction} / {entry.payload.claim}: {_about_claim(entry)}"


def _about_claim(entry: ClaimEntry) -> str:
    match entry:
        case ForecastEntry() | RevealEntry():
            said = forecast_in_words(entry.payload.forecast)
        case OfferEntry():
            said = f"{entry.payload.by} offers: {bet_in_words(entry.payload.stake)}"
        case AcceptEntry():
            said = f"{entry.payload.by} stands by bet {entry.payload.stake[:12]}"
        case WithdrawEntry():
            said = f"{entry.payload.by} withdraws a {entry.payload.what}: {entry.payload.reason}"
        case SealedEntry():
            said = f"{entry.payload.by}, under seal"
        case DisputeEntry():
            said = f"{entry.payload.by}: {entry.payload.reason}"
        case _:
            said = entry.payload.text
    return said
