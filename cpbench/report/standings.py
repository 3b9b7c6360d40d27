"""Standings in words and tables: forecasters of equal information, ranked only where data allow."""

from collections.abc import Sequence

from cpbench.records.standings import Duel, Standing, Standings
from cpbench.report.markdown import escape, folded, table
from cpbench.report.numbers import DASH, decimal, plural

TITLES = {
    "people": "People",
    "spec": "Theories that know the specs only",
    "reference": "Theories that know reference results",
    "early": "Theories that see early epochs",
    "retrospective": "On results published before registration",
}
_RETROSPECTIVE = (
    "These claims rest on results that were public before they were registered. No ledger can show "
    "who knew them, so people and theories stand here together and nowhere else."
)
KEY = (
    "<sub>Skill: 1 − loss over the loss of {}; 0 is no better than it, a claim not answered counts "
    "as it; brackets: central 90 % interval from resampling protocols. Brier and log: means over "
    "the claims answered, so they compare only between those who answered the same. Peer: points "
    "against the others on the same claims. Coverage: numeric outcomes inside the stated central "
    "80 %. Scored: answered in time, of those that came out. Pending, ambiguous, annulled: "
    "claims answered that score nothing.</sub>"
)
_HEADER = (
    "Forecaster",
    "Skill ↑",
    "Brier ↓",
    "Log, nats ↓",
    "Peer ↑",
    "Coverage of 80 %",
    "Scored",
    "Late",
    "Pending",
    "Ambiguous",
    "Annulled",
)


def standing_blocks(standings: Standings) -> list[str]:
    """Return the blocks of one table of standings: what to doubt, the table, ties and duels."""
    intro = _RETROSPECTIVE if standings.table == "retrospective" else ""
    parts = [intro, doubt_text(standings), _table(standings)]
    return [part for part in [*parts, _ties(standings), _duels(standings)] if part]


def short_table(standings: Standings) -> str:
    """Return the columns that a front page has room for."""
    rows = [
        [
            escape(one.by),
            skill_text(one),
            _number(one.mean_brier),
            _number(one.peer, 2),
            f"{one.n} of {one.offered}",
        ]
        for one in standings.rows
    ]
    header = ["Forecaster", "Skill ↑", "Brier ↓", "Peer ↑", "Scored"]
    return table(header, rows, right="lrrrr")


def doubt_text(standings: Standings) -> str:
    """Return why nobody is ranked, or on how many protocols the ranks rest."""
    if standings.doubt:
        return (
            f"**Nobody is ranked here**: {escape(standings.doubt)}. Names are in their own order."
        )
    return (
        f"In order of skill, on {plural(standings.num_protocols, 'protocol')} of independent data."
    )


def skill_text(one: Standing) -> str:
    """Return a skill with its interval."""
    if one.skill is None:
        return DASH
    edges = (one.skill_low, one.skill_high)
    if edges[0] is None or edges[1] is None:
        return decimal(one.skill, 2)
    return f"{decimal(one.skill, 2)} [{decimal(edges[0], 2)}, {decimal(edges[1], 2)}]"


def tied(standings: Standings) -> list[str]:
    """Return a sentence per group that said the same of every claim."""
    return [
        f"{_joined(group)} said the same of every claim: indistinguishable here."
        for group in standings.indistinguishable
    ]


def _table(standings: Standings) -> str:
    rows = [
        [
            escape(one.by),
            skill_text(one),
            _number(one.mean_brier),
            _number(one.mean_log_loss),
            _number(one.peer, 2),
            DASH if one.coverage is None else f"{decimal(100 * one.coverage, 0)} %",
            f"{one.n} of {one.offered}",
            *(str(count) for count in (one.late, one.pending, one.ambiguous, one.annulled)),
        ]
        for one in standings.rows
    ]
    return table(_HEADER, rows, right="l" + "r" * (len(_HEADER) - 1))


def _ties(standings: Standings) -> str:
    return "\n".join(f"- {sentence}" for sentence in tied(standings))


def _duels(standings: Standings) -> str:
    """Return who had the lower loss, pair by pair, folded; nothing without two forecasters."""
    if not standings.duels:
        return ""
    met = {(each.one, each.other): each for each in standings.duels}
    names = [one.by for one in standings.rows if any(one.by in pair for pair in met)]
    rows = [[escape(name), *(_duel(met, name, other) for other in names)] for name in names]
    header = ["won–lost against", *map(escape, names)]
    body = table(header, rows, right="l" + "r" * len(names))
    key = "<sub>Claims that both answered on which the row's forecaster had the lower loss, "
    return folded("Duels", f"{body}\n\n{key}then the higher; equal losses in brackets.</sub>")


def _duel(met: dict[tuple[str, str], Duel], name: str, other: str) -> str:
    if (name, other) in met:
        duel = met[name, other]
        won, lost, ties = duel.wins, duel.losses, duel.ties
    elif (other, name) in met:
        duel = met[other, name]
        won, lost, ties = duel.losses, duel.wins, duel.ties
    else:
        return DASH
    return f"{won}–{lost}" + (f" ({ties})" if ties else "")


def _joined(names: Sequence[str]) -> str:
    *first, last = map(escape, names)
    return f"{', '.join(first)} and {last}"


def _number(value: float | None, places: int = 3) -> str:
    return DASH if value is None else decimal(value, places)
