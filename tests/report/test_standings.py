"""Standings and calibration: nobody is ranked on too little, nothing is drawn from too little."""

import re

import judged
import pytest

from cpbench.records.scores import Scores
from cpbench.records.standings import Calibration, Standing
from cpbench.report.calibration import calibration_blocks
from cpbench.report.forecasters import PAGE, figure_of, forecasters_page, front_standings
from cpbench.report.standings import TITLES, doubt_text, skill_text, standing_blocks


def judge(**parts: object) -> Scores:
    fields: dict[str, object] = {
        "ledger_head": "",
        "claims": judged.all_claims(),
        "standings": (judged.ranked(), judged.doubted(), judged.doubted("retrospective")),
        "balances": judged.BALANCES,
        "calibration": judged.calibration(),
        "not_registered": (),
        "series": (),
    }
    return Scores.model_validate(fields | parts)


def calibration(counts: tuple[int, ...], **rest: object) -> str:
    return "\n\n".join(calibration_blocks(judged.calibration(counts, **rest), PAGE))


def test_doubt_takes_the_place_of_ranks_and_of_the_figure():
    doubted = judged.doubted()
    assert "**Nobody is ranked here**: too few: claims" in doubt_text(doubted)
    assert not figure_of(doubted)
    assert figure_of(judged.ranked()) == "people.svg"


def test_without_any_skill_there_is_no_figure():
    rows = (Standing(by="a", n=0), Standing(by="b", n=0))
    assert not figure_of(judged.ranked().model_copy(update={"rows": rows}))


def test_a_skill_stands_with_its_interval():
    both = Standing(by="a", n=3, skill=0.4, skill_low=-0.1, skill_high=0.8)
    assert skill_text(both) == "0.40 [−0.10, 0.80]"
    assert skill_text(both.model_copy(update={"skill_low": None})) == "0.40"
    assert skill_text(Standing(by="a", n=0)) == "–"


def test_a_row_has_answered_late_and_unsettled_counts():
    row = Standing(
        by="a_b", n=2, offered=5, coverage=0.7, late=1, pending=2, ambiguous=3, annulled=4
    )
    table = standing_blocks(judged.ranked().model_copy(update={"rows": (row,)}))[1]
    end = r"| a\_b | – | – | – | – | 70 % | 2 of 5 | 1 | 2 | 3 | 4 |"
    assert table.splitlines()[-1] == end


def test_duels_are_a_matrix_seen_from_each_row():
    blocks = "\n".join(standing_blocks(judged.ranked(count=4)))
    assert "| person\\_1 | 1–3 | – | 3–1 (1) | – |" in blocks
    assert "| person\\_2 | – | 1–3 (1) | – | 3–1 |" in blocks
    assert "abstainer" not in blocks[blocks.index("Duels") :]


def test_forecasters_that_said_the_same_are_called_so():
    blocks = "\n".join(standing_blocks(judged.ranked(count=2)))
    assert "and twin said the same of every claim: indistinguishable here." in blocks


def test_every_information_set_has_a_section_and_the_baseline_is_named_once():
    page = forecasters_page(judge())
    heads = re.findall(r"^## (.+)$", page, re.MULTILINE)
    tables = [TITLES[name] for name in ("people", "spec", "retrospective")]
    assert heads == [*tables, "Calibration", "Bets and money"]
    assert page.count(r"over the loss of a uniform forecast: \<one half\>; 0 is") == 1
    assert "No ledger can show who knew them" in page


def test_the_front_page_shows_one_table_and_a_line_for_each_other():
    blocks = front_standings(judge(standings=(judged.ranked("early"), judged.ranked("spec", 2))))
    text = "\n\n".join(blocks)
    assert text.count("| Forecaster |") == 1
    line = "- Theories that know the specs only: 3 forecasters, first "
    assert f"{line}forecaster\\_with\\_quite\\_a\\_long\\_name\\_0 with skill 0.60" in text
    assert blocks[-1].endswith(f"(pages/{PAGE}.md)")
    doubted = "\n".join(front_standings(judge()))
    assert "- Theories that know the specs only: 1 forecaster, nobody is ranked." in doubted


def test_without_forecasts_and_bets_the_front_page_says_nothing():
    assert front_standings(judge(standings=(), balances=())) == []


def test_bets_without_forecasts_are_shown():
    assert "- c pays a 3.00 USD" in "\n".join(front_standings(judge(standings=())))


def test_standings_without_bets_move_no_money():
    assert "pays" not in "\n".join(front_standings(judge(balances=())))


def test_few_forecasts_are_a_table_and_no_picture():
    text = calibration((0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0), num_numeric=3)
    assert "9 forecasts of yes or no came out. Below 10, a picture would show chance" in text
    assert "![" not in text
    assert "| 0.45 to 0.55 | 9 |" in text
    assert "(3 forecasts; too few to judge by)" in text


def test_enough_forecasts_are_a_picture_and_a_table_without_empty_bins():
    text = calibration(judged.COUNTS)
    assert f"]({PAGE}/calibration.svg)" in text
    assert "0.35 to 0.45" not in text
    assert "| 0.65 to 0.75 | 15 | 0.70 | 0.80 | [" in text
    assert "50 % stated, 44 % inside; 80 % stated, 70 % inside; 90 % stated" in text


def test_murphys_parts_are_shown_with_the_score_they_sum_to():
    parts = {"reliability": 0.02, "resolution": 0.05, "uncertainty": 0.25}
    assert "Brier 0.220 = reliability 0.020 ↓ − resolution 0.050 ↑ + uncertainty 0.250" in (
        calibration(judged.COUNTS, **parts)
    )
    assert "needs one probability per bin" in calibration(judged.COUNTS)


def test_a_bin_without_an_interval_has_dashes():
    one = judged.calibration().bins[0].model_copy(update={"jeffreys": None, "mean_forecast": None})
    text = "\n".join(calibration_blocks(Calibration(bins=(one,), n=6), PAGE))
    assert "| 0 to 0.05 | 6 | – | 0.00 | – | [" in text


def test_numbers_alone_have_their_coverage_and_nothing_else():
    blocks = calibration_blocks(judged.calibration((0,) * 11), PAGE)
    assert len(blocks) == 2
    assert blocks[1].startswith("Numbers (27 forecasts), central intervals:")


def test_without_intervals_of_numbers_there_is_no_coverage():
    assert "Numbers" not in calibration(judged.COUNTS, coverage={})


@pytest.mark.parametrize("nothing", [None, Calibration(bins=(), n=0)])
def test_without_forecasts_there_is_no_section(nothing: Calibration | None):
    assert calibration_blocks(nothing, PAGE) == []
