"""Standings: forecasters over many claims, a table for each set of information they had.

Losses are compared on claims that came out, forecasts that were in time. Claims on one protocol
share its data, so intervals come from a bootstrap over protocols, and with few of them nobody is
ranked.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from statistics import fmean
from typing import Literal, NamedTuple

import numpy as np

from cpbench.records.scores import SETTLED, Claim, Forecast
from cpbench.records.standings import Duel, Standing, Standings
from cpbench.seeds import derive_seed

Table = Literal["people", "spec", "reference", "early", "retrospective"]
TABLES: tuple[Table, ...] = ("people", "spec", "reference", "early", "retrospective")
BASELINE = "a uniform forecast: one half, equal chances, or even odds over the bounds"
MIN_FORECASTERS, MIN_PROTOCOLS = 2, 5
NUM_DRAWS = 2000
PERCENTILES = (5.0, 95.0)
TIE = 1e-9
"""Losses nearer than this are equal: rounding, not foresight."""
INNER = ("0.1", "0.9")
"""Levels that bound the central 80 %."""


class Answer(NamedTuple):
    """A forecast in time on a claim that came out."""

    claim: Claim
    forecast: Forecast
    loss: float

    @property
    def key(self) -> tuple[str, str]:
        """What names the claim."""
        return self.claim.prediction, self.claim.id


Answers = Mapping[str, tuple[Answer, ...]]
"""By forecaster."""


def standings(claims: Sequence[Claim]) -> tuple[Standings, ...]:
    """Return a table for people, one per information set of theories, one of retrospective claims.

    Tables nobody stands in are left out. Rows are in order of skill where there is enough to rank
    by, else by name.
    """
    tables = (_table(name, claims) for name in TABLES)
    return tuple(table for table in tables if table.rows)


def _table(table: Table, claims: Sequence[Claim]) -> Standings:
    mine = [claim for claim in claims if claim.is_retrospective == (table == "retrospective")]
    told = [(claim, each) for claim in mine for each in claim.forecasts if _is_in(table, each)]
    names = sorted({each.by for _, each in told})
    answers = {name: tuple(_answers(name, told)) for name in names}
    offered = _offered(answers, told)
    num_protocols = len({*_islands([*offered.values()]).values()})
    doubt = _doubt(len(names), num_protocols)
    rows = [_standing(name, answers, told, tuple(offered.values())) for name in names]
    if not doubt:
        rows.sort(key=lambda row: (row.skill is None, -(row.skill or 0.0), row.by))
    return Standings(
        table=table,
        baseline=BASELINE,
        rows=tuple(row if not doubt else _unranked(row) for row in rows),
        duels=tuple(_duels(answers)),
        indistinguishable=_indistinguishable(told),
        num_protocols=num_protocols,
        doubt=doubt,
    )


def _offered(
    answers: Answers, told: Sequence[tuple[Claim, Forecast]]
) -> dict[tuple[str, str], Claim]:
    """Return the claims that came out and that anybody can be compared on.

    With several forecasters that takes two who answered: else a standing could be bought by asking
    oneself what nobody doubts.
    """
    counts: dict[tuple[str, str], int] = {}
    for each in (answer for mine in answers.values() for answer in mine):
        counts[each.key] = counts.get(each.key, 0) + 1
    least = min(len(answers), MIN_FORECASTERS)
    claims = {(claim.prediction, claim.id): claim for claim, _ in told}
    return {
        key: claim
        for key, claim in claims.items()
        if claim.outcome.state in SETTLED and counts.get(key, 0) >= least
    }


def _is_in(table: Table, forecast: Forecast) -> bool:
    return table in {"retrospective", forecast.theory or "people"}


def _doubt(num_forecasters: int, num_protocols: int) -> str:
    if num_forecasters < MIN_FORECASTERS:
        return f"too few: {num_forecasters} forecaster, {MIN_FORECASTERS} are needed to rank"
    if num_protocols < MIN_PROTOCOLS:
        return (
            f"too few: claims that came out rest on {num_protocols} independent "
            f"protocol{'' if num_protocols == 1 else 's'}, {MIN_PROTOCOLS} are needed to rank"
        )
    return ""


def _unranked(row: Standing) -> Standing:
    return row.model_copy(update={"skill_low": None, "skill_high": None})


def _answers(name: str, told: Sequence[tuple[Claim, Forecast]]) -> Iterator[Answer]:
    for claim, forecast in told:
        if forecast.by == name and forecast.loss is not None:
            yield Answer(claim, forecast, forecast.loss)


def _standing(
    name: str,
    answers: Answers,
    told: Sequence[tuple[Claim, Forecast]],
    offered: Sequence[Claim],
) -> Standing:
    keys = {(claim.prediction, claim.id) for claim in offered}
    mine = [each for each in answers[name] if each.key in keys]
    states = [claim.outcome.state for claim, each in told if each.by == name]
    low, high = _skill_interval(mine, offered)
    return Standing(
        by=name,
        n=len(mine),
        offered=len(offered),
        mean_brier=_mean(mine, "brier"),
        mean_log_loss=_mean(mine, "log_loss"),
        skill=_skill(mine, offered),
        skill_low=low,
        skill_high=high,
        peer=_mean(mine, "peer_score"),
        coverage=_coverage(mine),
        ambiguous=states.count("ambiguous"),
        annulled=states.count("annulled"),
        pending=states.count("pending"),
        late=sum(each.late for _, each in told if each.by == name),
    )


def _mean(answers: Sequence[Answer], score: str) -> float | None:
    found = [each.forecast.scores[score] for each in answers if score in each.forecast.scores]
    return fmean(found) if found else None


def _skill(answers: Sequence[Answer], offered: Sequence[Claim]) -> float | None:
    """Return 1 − loss / baseline loss over all claims offered; abstaining counts as the baseline.

    Who answered nothing has none, and stands below all who did.

    Each claim's loss is in units of its own baseline's, so that epochs and points can be added.
    Claims on one island count together as one, so nobody gains by asking the same thing often.
    """
    losses = _losses(answers, offered)
    return 1 - fmean(losses) if losses and answers else None


def _losses(answers: Sequence[Answer], offered: Sequence[Claim]) -> list[float]:
    """Return the mean relative loss on each island."""
    mine = {each.key: each.loss for each in answers}
    islands = _islands(offered)
    groups: dict[str, dict[str, float]] = {}
    for claim in offered:
        if claim.baseline_loss:
            key = (claim.prediction, claim.id)
            relative = mine[key] / claim.baseline_loss if key in mine else 1.0
            # One claim registered in several files is one claim, answered as it was at first.
            name = claim.claim_hash or f"{claim.prediction}/{claim.id}"
            groups.setdefault(islands[claim.protocols[0]], {}).setdefault(name, relative)
    return [fmean(group.values()) for group in groups.values()]


def _skill_interval(
    answers: Sequence[Answer], offered: Sequence[Claim]
) -> tuple[float | None, float | None]:
    """Return a central 90 % interval of the skill over resampled islands."""
    losses = np.array(_losses(answers, offered))
    if len(losses) < MIN_PROTOCOLS or not answers:
        return None, None
    generator = np.random.default_rng(derive_seed(len(losses), "bootstrap"))
    draws = generator.integers(len(losses), size=(NUM_DRAWS, len(losses)))
    low, high = np.percentile(1 - losses[draws].mean(axis=1), PERCENTILES)
    return float(low), float(high)


def _islands(claims: Sequence[Claim]) -> dict[str, str]:
    """Return each protocol's island: protocols that any claim joins share what is found.

    An island is named by its first protocol.
    """
    island: dict[str, str] = {}
    for claim in claims:
        joined = {island.get(name, name) for name in claim.protocols}
        first = min(joined)
        island |= {name: first for name, at in island.items() if at in joined}
        island |= dict.fromkeys(claim.protocols, first)
    return island


def _coverage(answers: Sequence[Answer]) -> float | None:
    inside: list[bool] = []
    for claim, forecast, _ in answers:
        value = claim.outcome.value.value if claim.outcome.value else None
        if value is not None and forecast.quantiles:
            low, high = (forecast.quantiles[level] for level in INNER)
            inside.append(low <= value <= high)
    return fmean(inside) if inside else None


def _duels(answers: Answers) -> Iterator[Duel]:
    for one, other in combinations(sorted(answers), 2):
        theirs = {each.key: each.loss for each in answers[other]}
        gaps = [each.loss - theirs[each.key] for each in answers[one] if each.key in theirs]
        if gaps:
            wins, losses = sum(gap < -TIE for gap in gaps), sum(gap > TIE for gap in gaps)
            ties = len(gaps) - wins - losses
            yield Duel(one=one, other=other, wins=wins, losses=losses, ties=ties)


def _indistinguishable(told: Sequence[tuple[Claim, Forecast]]) -> tuple[tuple[str, ...], ...]:
    """Return groups of forecasters that said the same of every claim: no data tell them apart."""
    said: dict[str, dict[tuple[str, str], str]] = {}
    for claim, each in told:
        numbers = [each.probability, *each.probs.values(), *each.quantiles.values()]
        is_closed = each.sealed in {"sealed", "unrevealed"}
        # Of what is under seal nobody knows whether it is the same.
        text = (
            each.by
            if is_closed
            else ",".join("" if number is None else f"{number:.9g}" for number in numbers)
        )
        said.setdefault(each.by, {})[claim.prediction, claim.id] = text
    groups: dict[str, list[str]] = {}
    for name in sorted(said):
        groups.setdefault(repr(sorted(said[name].items())), []).append(name)
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)
