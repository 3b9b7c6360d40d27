"""Scores made by hand: claims of all types, forecasts and bets of all kinds, standings, money."""

from itertools import pairwise
from typing import Any

from cpbench.records.scores import Bet, Claim, Forecast, Outcome, Payment
from cpbench.records.series import Value
from cpbench.records.standings import Balance, Bin, Calibration, Duel, Standing, Standings

HOSTILE = "a | b <b>x</b> `c` *d* $e$ [f](g) \x1b[31mred\u202e"
"""A note that would colour, link or break whatever does not escape it."""


def claim(identifier: str, outcome: dict[str, Any], **rest: Any) -> Claim:
    fields: dict[str, Any] = {
        "prediction": "all_types",
        "id": identifier,
        "prediction_title": "Claims of all types",
        "title": f"The title of {identifier}",
        "text": "end(p.a) > 0",
        "explanation": "The end is greater than 0.",
        "protocols": ("digits",),
        "registered_seq": 3,
        "registered_at": "2026-11-20T10:00:00Z",
        "exposure": "nothing_run",
        "outcome": {"rule": "decisive", "n_seeds": 10, **outcome},
        "quantities": (),
        "forecasts": (),
        "payments": (),
    }
    return Claim.model_validate(fields | rest)


def number(value: float | None, low: float, high: float, **rest: Any) -> Value:
    fields = {"expr": "end(p.a)", "unit": "epoch", "status": "ok", "n_seeds": 10}
    return Value.model_validate({**fields, "value": value, "low": low, "high": high, **rest})


def numeric(**rest: Any) -> Claim:
    """Return a claim about a number, with forecasts of two forms."""
    forecasts = (
        Forecast(
            by="kave",
            text="110 ± 20 epoch",
            quantiles={"0.1": 84.4, "0.9": 135.6},
            loss=9.81,
            scores={"crps": 9.49, "wis_on_grid": 9.81},
        ),
        Forecast(
            by="persistence",
            theory="reference",
            text="113.2 ± 20 epoch",
            loss=28.4,
            scores={"crps": 27.81, "wis_on_grid": 28.4, "peer_score": 0.2},
        ),
    )
    fields: dict[str, Any] = {
        "type": "numeric",
        "text": "end(p.a)",
        "unit": "epoch",
        "baseline_loss": 52.25,
        "forecasts": forecasts,
    }
    outcome = {"state": "value", "value": number(124.4, 102.0, 191.0, note="estimates disagree")}
    return claim("how_long", outcome, **fields | rest)


def categorical(**rest: Any) -> Claim:
    """Return a claim with options in order, given a condition."""
    fields: dict[str, Any] = {
        "type": "categorical",
        "text": "early: end(p.a) < 90; late: end(p.a) >= 90",
        "given": "drop(p.a) > 1 pp",
        "baseline_loss": 0.667,
        "forecasts": (
            Forecast(
                by="kave",
                text="early 0.2, late 0.7, other 0.1",
                probs={"early": 0.2, "late": 0.7, "other": 0.1},
                loss=0.14,
                scores={"brier_sum": 0.14, "rps": 0.049, "log_loss": 0.357},
            ),
        ),
    }
    outcome = {
        "state": "option",
        "option": "late",
        "shares": {"early": 0.02, "late": 0.97, "other": 0.01},
        "given": "the condition holds in 1.00 of draws",
    }
    return claim("which", outcome, **fields | rest)


def share(**rest: Any) -> Claim:
    """Return a claim that is its own probability, with every kind of forecast and bet."""
    scores = {"brier": 0.0144, "log_loss": 0.69, "baseline_score": 10.0, "peer_score": -3.5}
    fields: dict[str, Any] = {
        "forecasts": (
            Forecast(by="kave", probability=0.5, brier=0.0144, loss=0.0144, scores=scores),
            Forecast(
                by="opened",
                probability=1.0,
                loss=0.14,
                scores={"brier": 0.14, "log_loss": 2.63},
                sealed="revealed",
                clipped=True,
            ),
            Forecast(
                by="silent",
                text="sealed",
                sealed="unrevealed",
                loss=0.38,
                scores={"brier": 0.38, "log_loss": 4.28},
            ),
            Forecast(by="waiting", text="sealed", sealed="sealed"),
            Forecast(by="tardy", probability=0.62, late=True),
            Forecast(by="coy", probability=0.4, withdrawn=True, note=HOSTILE),
            Forecast(by="uniform", theory="spec", probability=0.5, loss=0.0144, brier=0.0144),
        ),
        "bets": (
            Bet(parties=("kave", "garrett"), text="kave 10, garrett 10", status="made"),
            Bet(parties=("kave", "x"), text="kave 5", status="offered", waiting_for=("x",)),
            Bet(parties=("kave", "y"), text="kave 6", status="late"),
            Bet(parties=("kave", "z"), text="kave 7", status="withdrawn"),
        ),
        "payments": (
            Payment(party="kave", cents=240, currency="USD"),
            Payment(party="garrett", cents=-240, currency="USD"),
        ),
        "confounds": ("near-automatic: it correlates with the epoch of removal",),
        "amendments": ("forecast of ann amended by entry 5",),
        "deviations": ("reworded by entry 9 (was: <b>more</b>)", "disputed in entry 11"),
        "earlier": ("entry 7 recorded yes",),
        "badges": ("amended", "disputed"),
        "is_retrospective": True,
    }
    outcome = {"state": "value", "fraction": 0.62, "probability": 0.62, "sign_count": "6 of 10"}
    return claim("its_share", outcome, **fields | rest)


def all_claims() -> tuple[Claim, ...]:
    return share(), numeric(), categorical()


def outcome(state: str, **rest: Any) -> Outcome:
    return Outcome.model_validate({"state": state, "rule": "decisive", **rest})


def ranked(table: str = "people", count: int = 12) -> Standings:
    """Return a table that ranks, from clear skill to clear harm, the last without an interval."""
    rows = [_row(place, count) for place in range(count)]
    rows.append(Standing(by="abstainer", n=0, offered=30))
    return Standings.model_validate(
        {
            "table": table,
            "baseline": "a uniform forecast: <one half>",
            "rows": rows,
            "duels": [
                Duel(one=one.by, other=other.by, wins=3, losses=1, ties=index % 2)
                for index, (one, other) in enumerate(pairwise(rows[:-1]))
            ],
            "indistinguishable": [(rows[0].by, "twin")],
            "num_protocols": 7,
        }
    )


def _row(place: int, count: int) -> Standing:
    skill = 0.6 - 1.2 * place / max(count - 1, 1)
    is_last = place == count - 1 and count > 1
    return Standing(
        by=f"forecaster_with_quite_a_long_name_{place}" if place % 3 == 0 else f"person_{place}",
        n=30 - place,
        offered=30,
        mean_brier=0.1 + place / 50,
        mean_log_loss=0.4,
        skill=skill,
        skill_low=None if is_last else skill - 0.15 - place / 100,
        skill_high=None if is_last else min(skill + 0.2, 1.0),
        peer=5.0 - place,
        coverage=0.7,
        late=place % 2,
    )


def doubted(table: str = "spec") -> Standings:
    doubt = "too few: claims that came out rest on 2 independent protocols, 5 are needed to rank"
    rows = (Standing(by="uniform", n=2, offered=3, skill=0.0, pending=1, annulled=2),)
    return Standings.model_validate(
        {
            "table": table,
            "baseline": "a uniform forecast: <one half>",
            "rows": rows,
            "num_protocols": 2,
            "doubt": doubt,
        }
    )


BALANCES = (
    Balance(party="a", currency="EUR", cents=-300, num_settled=1, num_open=0),
    Balance(party="b", currency="EUR", cents=300, num_settled=1, num_open=0),
    Balance(party="a", currency="USD", cents=1000, num_settled=2, num_open=1),
    Balance(party="b", currency="USD", cents=-700, num_settled=1, num_open=0),
    Balance(party="c", currency="USD", cents=-300, num_settled=1, num_open=0),
)
EDGES = (0.0, 0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95, 1.0)
COUNTS = (6, 9, 3, 12, 0, 20, 4, 15, 11, 2, 7)


def calibration(counts: tuple[int, ...] = COUNTS, **rest: Any) -> Calibration:
    """Return bins whose hit rates wander around the diagonal."""
    bins = [
        _bin(low, high, count)
        for low, high, count in zip(EDGES[:-1], EDGES[1:], counts, strict=True)
    ]
    fields: dict[str, Any] = {
        "bins": bins,
        "n": sum(counts),
        "coverage": {"0.9": 0.81, "0.5": 0.44, "0.8": 0.7},
        "num_numeric": 27,
    }
    return Calibration.model_validate(fields | rest)


def _bin(low: float, high: float, count: int) -> Bin:
    if not count:
        return Bin(low=low, high=high, n=0)
    middle = (low + high) / 2
    rate = round(count * min(max(1.25 * middle - 0.08, 0.0), 1.0)) / count
    wide = 0.9 / (count + 1) ** 0.5
    pair = (max(0.0, rate - wide), min(1.0, rate + wide))
    return Bin(
        low=low, high=high, n=count, mean_forecast=middle, hit_rate=rate, jeffreys=pair, wilson=pair
    )
