"""Forecasts for people: a block per claim, who says what, what it lost and what it gains."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from rich.table import Table
from rich.text import Text

from cpbench.cli.plain_tables import Page, lines, money, plain
from cpbench.records.scores import Claim, Forecast

_LOSSES = {"brier": "Brier", "brier_sum": "Brier sum", "wis_on_grid": "WIS"}
"""The score that forecasters are ranked by, by the claim's type."""
_FORECASTS: tuple[tuple[int, Literal["left", "right"]], ...] = (
    (13, "left"),
    (13, "left"),
    (15, "right"),
    (11, "right"),
)
"""Least width and side of what somebody is called, says, loses and gains."""
_FORECASTS_WIDTH = 60


def print_forecasts(page: Page, claims: Iterable[Claim]) -> None:
    """Print a block per claim; its name has a line of its own, so that it need not be cut."""
    page.print(_rows([(plain("Forecasts"), plain("says"), plain("loss ↓"), plain("gains"))], page))
    page.print()
    for claim in claims:
        if claim.forecasts or claim.payments:
            page.print(plain(f"{claim.prediction} / {claim.id}", "bold"))
            page.print(_rows(_forecasts(claim), page))
    page.print()


def _rows(rows: Iterable[Sequence[Text]], page: Page) -> Table | Text:
    """Return rows under each other, or, where there is no room, each on lines of its own."""
    if page.width < _FORECASTS_WIDTH:
        return Text("\n").join(map(_stacked, rows))
    made = Table(box=None, show_header=False, pad_edge=False, padding=(0, 0, 0, 2))
    for width, side in _FORECASTS:
        made.add_column(min_width=width, justify=side, overflow="fold")
    for row in rows:
        made.add_row(*row)
    return made


def _stacked(row: Sequence[Text]) -> Text:
    """Return a row as two lines: who says what, and what came of it."""
    halves = (Text("  ").join(cell for cell in half if cell) for half in (row[:2], row[2:]))
    return Text("\n  ").join(half for half in halves if half)


def _forecasts(claim: Claim) -> Iterator[tuple[Text, Text, Text, Text]]:
    told = {forecast.by for forecast in claim.forecasts}
    for each in claim.forecasts:
        who = plain(f"{each.by} ({each.theory})" if each.theory else each.by)
        yield who, plain(_said(each)), _loss(each), _gains(claim, each.by)
    # Who bets need not forecast.
    for party in dict.fromkeys(each.party for each in claim.payments):
        if party not in told:
            yield plain(party), Text(), Text(), _gains(claim, party)


def _said(forecast: Forecast) -> str:
    return forecast.text if forecast.probability is None else f"{forecast.probability:.4g}"


def _loss(forecast: Forecast) -> Text:
    """Return the loss that counts with its name, or why there is none."""
    states = {"withdrawn": forecast.withdrawn, "late": forecast.late}
    if why := next((word for word, holds in states.items() if holds), ""):
        return Text(why)
    name = next((name for name in _LOSSES if name in forecast.scores), "")
    value = forecast.brier if forecast.loss is None else forecast.loss
    number = "" if value is None else f"{_LOSSES.get(name, 'Brier')} {value:.3f}"
    hidden = forecast.sealed if forecast.sealed in {"sealed", "unrevealed"} else ""
    return lines(part for part in (hidden, number) if part)


def _gains(claim: Claim, party: str) -> Text:
    """Return what a party gains, a line per currency, or nothing without a payment."""
    sums: dict[str, int] = {}
    for payment in claim.payments:
        if payment.party == party:
            sums[payment.currency] = sums.get(payment.currency, 0) + payment.cents
    return lines(money(cents, name) for name, cents in sums.items())
