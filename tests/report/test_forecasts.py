"""Forecasts: what was said, what it scored, and why it scored nothing."""

import judged
import pytest

from cpbench.records.scores import Forecast
from cpbench.report.forecasts import baseline_text, forecast_lines, forecast_table, main_scores


def lines(claim: judged.Claim) -> list[str]:
    return forecast_lines(claim, main_scores([claim])).split("<br>")


def test_every_kind_of_forecast_is_told_in_words():
    assert lines(judged.share()) == [
        "kave 50 % → 0.014, 0.690",
        "opened 100 % → 0.140, 2.630",
        "silent, never revealed: scored at its worst → 0.380, 4.280",
        "waiting, sealed: nobody can read it yet",
        "tardy 62 %, late: not scored",
        "coy 40 %, withdrawn: not scored",
        "and 1 machine forecast, below",
    ]


def test_a_number_is_scored_in_its_unit():
    assert lines(judged.numeric())[0] == "kave 110 ± 20 epoch → 9.81 epochs"


def test_an_unrevealed_number_has_no_worst_value():
    sealed = Forecast(by="kave", text="sealed", sealed="unrevealed")
    assert lines(judged.numeric(forecasts=(sealed,))) == ["kave, never revealed: not scored"]


def test_machine_forecasts_alone_are_counted():
    theories = judged.numeric().forecasts[1:]
    assert lines(judged.numeric(forecasts=theories * 2)) == ["2 machine forecasts, below"]
    assert lines(judged.numeric(forecasts=())) == ["–"]


def test_the_table_has_every_score_with_its_direction():
    table = forecast_table(judged.share())
    header, _, *rows = table.splitlines()
    for name in ("Brier ↓", "Log, nats ↓", "Against even chances ↑", "Against peers ↑"):
        assert f"| {name} |" in header
    assert len(rows) == 7
    assert "was sealed, then revealed, log loss taken at 0.001 from certainty" in rows[1]
    assert rows[6].startswith("| uniform | specs | 50 % |")


def test_a_score_nobody_named_here_is_shown_and_escaped():
    odd = judged.numeric().forecasts[0].model_copy(update={"scores": {"a_b": 1.0}, "theory": "new"})
    table = forecast_table(judged.numeric(forecasts=(odd,)))
    assert r"| a\_b |" in table
    assert "| kave | new |" in table


def test_without_forecasts_there_is_no_table():
    assert not forecast_table(judged.numeric(forecasts=()))


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        (judged.numeric(), "a uniform forecast scores 52.2 epochs (WIS, nine levels ↓)"),
        (judged.categorical(), "a uniform forecast scores 0.667 (Brier sum ↓)"),
        (judged.numeric(baseline_loss=None), ""),
    ],
)
def test_the_baseline_is_told_where_there_is_one(claim: judged.Claim, words: str):
    assert baseline_text(claim) == words
