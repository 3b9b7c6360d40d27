"""Scores for people: readable at 60 columns and in a pipe."""

from collections.abc import Iterable

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cpbench.records.scores import Claim, Payment, Scores

_COLOURS = {
    "yes": "green",
    "no": "red",
    "ambiguous": "yellow",
    "annulled": "yellow",
    "pending": "dim",
}


def print_scores(scores: Scores) -> None:
    """Print outcomes, forecasts, payments and standings; colour only on a terminal."""
    console = Console(highlight=False)
    if scores.claims:
        console.print(_claims(scores.claims))
        console.print(_forecasts(scores.claims))
        console.print(_standings(scores))
    else:
        console.print("no prediction is registered yet: cpbench predict specs/predictions/*.yaml")
    for each in scores.not_registered:
        console.print(f"{each.file}: {each.reason}", markup=False, soft_wrap=True)


def _claims(claims: Iterable[Claim]) -> Table:
    table = _table("Claims", "claim", "outcome", "π", "n", numbers={"π", "n"})
    for claim in claims:
        outcome = claim.outcome
        said = Text(f"{claim.prediction} / {claim.id}", style="bold")
        said.append(f"\n{claim.title}", style="not bold")
        for remark in (outcome.reason, *claim.badges):
            said.append(f"\n{remark}" if remark else "", style="not bold dim")
        state = Text(outcome.state, style=_COLOURS[outcome.state])
        share = "" if outcome.probability is None else f"{outcome.probability:.2f}"
        table.add_row(said, state, share, str(outcome.n_seeds or ""))
    return table


def _forecasts(claims: Iterable[Claim]) -> Table:
    table = _table("Forecasts", "by", "p", "Brier ↓", "gains", numbers={"p", "Brier ↓", "gains"})
    for claim in claims:
        table.add_row(Text(f"{claim.prediction} / {claim.id}", style="bold"))
        for forecast in claim.forecasts:
            score = "late" if forecast.late else _number(forecast.brier)
            gains = _money(payment for payment in claim.payments if payment.party == forecast.by)
            table.add_row(f"  {forecast.by}", f"{forecast.probability:.2f}", score, gains)
    return table


def _standings(scores: Scores) -> Table:
    numbers = {"n", "Brier ↓", "open", "gains"}
    table = _table("Standings", "by", "n", "Brier ↓", "open", "gains", numbers=numbers)
    for row in scores.standings:
        paid = [
            payment
            for claim in scores.claims
            for payment in claim.payments
            if payment.party == row.by
        ]
        table.add_row(
            row.by, str(row.n), _number(row.mean_brier), str(row.unresolved), _money(paid)
        )
    return table


def _table(title: str, *columns: str, numbers: set[str]) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(
            column, justify="right" if column in numbers else "left", no_wrap=column in numbers
        )
    return table


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _money(payments: Iterable[Payment]) -> str:
    """Return what payments sum to, as `USD +10.00`, or nothing without any."""
    payments = tuple(payments)
    if not payments:
        return ""
    return f"{payments[0].currency} {sum(payment.cents for payment in payments) / 100:+.2f}"
