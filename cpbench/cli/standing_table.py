"""Standings and settlement for people: a table per set of information, a row per party."""

from collections.abc import Iterator, Sequence

from rich.table import Table

from cpbench.cli.plain_tables import money, number, plain, points, table
from cpbench.records.standings import Balance, Standing, Standings

_TABLES = {
    "people": "people",
    "spec": "theories that know the specs",
    "reference": "theories that know reference results",
    "early": "theories that see early epochs",
    "retrospective": "results published before registration",
}


def standings_table(standings: Standings) -> Table:
    """Return one table of standings; its remarks are told below it."""
    numbers = {"n", "skill ↑", "Brier ↓", "peer ↑", "late"}
    title = f"Standings: {_TABLES[standings.table]}"
    made = table(title, "by", "n", "skill ↑", "Brier ↓", "peer ↑", "late", numbers=numbers)
    for row in standings.rows:
        scored = f"{row.n}/{row.offered}"
        numbers_of = (_skill(row), number(row.mean_brier), points(row.peer), str(row.late or ""))
        made.add_row(plain(row.by), scored, *numbers_of)
    return made


def _skill(row: Standing) -> str:
    if row.skill is None or row.skill_low is None or row.skill_high is None:
        return "" if row.skill is None else f"{row.skill:.2f}"
    return f"{row.skill:.2f}\n[{row.skill_low:.2f}, {row.skill_high:.2f}]"


def remarks(standings: Standings) -> Iterator[str]:
    """Yield why nobody is ranked, and who cannot be told apart."""
    if standings.doubt:
        yield f"nobody is ranked: {standings.doubt}"
    for group in standings.indistinguishable:
        yield f"indistinguishable here: {', '.join(group)}"


def settlement_table(balances: Sequence[Balance]) -> Table:
    """Return what each party has won or lost, by currency."""
    numbers = {"gains", "settled", "open"}
    made = table("Settlement", "party", "gains", "settled", "open", numbers=numbers)
    for one in balances:
        gains = plain(money(one.cents, one.currency))
        made.add_row(plain(one.party), gains, str(one.num_settled), str(one.num_open))
    return made
