"""The page about forecasters: standings, calibration, bets; and what of it the front page shows."""

from collections.abc import Iterator

from cpbench.records.scores import Scores
from cpbench.records.standings import Standings
from cpbench.report.calibration import calibration_blocks
from cpbench.report.markdown import escape, figure, page
from cpbench.report.numbers import plural
from cpbench.report.settlement import settlement, who_pays_whom
from cpbench.report.standings import (
    KEY,
    TITLES,
    doubt_text,
    short_table,
    skill_text,
    standing_blocks,
    tied,
)

PAGE = "standings-and-bets"
"""Its file and folder: the hyphens keep it apart from any protocol's name."""


def has_page(scores: Scores) -> bool:
    """Return whether there is anything to say about forecasters or bets."""
    return bool(scores.standings or scores.balances)


def forecasters_page(scores: Scores) -> str:
    """Return reports/pages/standings-and-bets.md."""
    return page(
        [
            "<!-- Made by `cpbench report` from reports/scores.json; edits are lost. -->",
            "# Standings and bets",
            "[all reports](../README.md)",
            *_standings(scores),
            *calibration_blocks(scores.calibration, PAGE),
            settlement(scores.claims, scores.balances),
        ]
    )


def figure_of(standings: Standings) -> str:
    """Return the figure's file name, or nothing where nobody is ranked."""
    ranked = [one for one in standings.rows if one.skill is not None]
    return f"{standings.table}.svg" if ranked and not standings.doubt else ""


def front_standings(scores: Scores) -> list[str]:
    """Return the front page's blocks: the first table, a line for each other, and the money."""
    if not has_page(scores):
        return []
    head, *others = scores.standings or (None,)
    blocks = ["## Standings"]
    if head:
        blocks += [f"{TITLES[head.table]}. {doubt_text(head)}", short_table(head)]
        blocks += [" ".join(tied(head))]
    blocks += ["\n".join(_line(each) for each in others if each)]
    blocks += [who_pays_whom(scores.balances)] if scores.balances else []
    return [*blocks, f"[Standings, calibration, duels and every bet](pages/{PAGE}.md)"]


def _standings(scores: Scores) -> Iterator[str]:
    for each in scores.standings:
        yield f"## {TITLES[each.table]}"
        yield from standing_blocks(each)
        name = figure_of(each)
        if name:
            caption = "Skill with its central 90 % interval; 0 is no better than even chances."
            alt = f"skill by forecaster: {TITLES[each.table]}"
            yield figure(f"{PAGE}/{name}", alt, caption)
    for baseline in dict.fromkeys(each.baseline for each in scores.standings):
        yield KEY.format(escape(baseline))


def _line(standings: Standings) -> str:
    """Return one table in a line: who leads it, or why nobody does."""
    who = f"- {TITLES[standings.table]}: {plural(len(standings.rows), 'forecaster')}"
    if standings.doubt:
        return f"{who}, nobody is ranked."
    first = standings.rows[0]
    return f"{who}, first {escape(first.by)} with skill {skill_text(first)}."
