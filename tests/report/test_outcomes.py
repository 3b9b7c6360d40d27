"""Outcomes of all types, and what weakens a claim, in words."""

import judged
import pytest

from cpbench.report.outcomes import OUTCOMES, badges, counts, outcome_text, shares_text
from cpbench.report.outcomes import undefined_text as undefined
from cpbench.report.verdicts import verdicts


def text(*claims: judged.Claim) -> str:
    return verdicts(claims, lambda name: f"{name}.md")


def test_a_number_shows_its_interval_its_unit_and_its_note():
    said = outcome_text(judged.numeric().outcome)
    assert said == "■ **VALUE**<br>124 [102, 191] epochs (estimates disagree)"


def test_a_number_of_one_seed_has_no_interval():
    value = judged.number(124.4, 124.4, 124.4, n_seeds=1)
    assert outcome_text(judged.outcome("value", value=value)) == "■ **VALUE**<br>124 epochs"


def test_a_share_is_no_number():
    assert outcome_text(judged.share().outcome) == "■ **VALUE**<br>holds in 62 % of draws"


def test_a_value_that_was_not_stated_is_only_its_word():
    assert outcome_text(judged.outcome("value")) == "■ **VALUE**"


def test_an_option_is_escaped_and_its_shares_stand_apart_the_largest_first():
    outcome = judged.outcome("option", option="a_b", shares={"x": 0.1, "a_b": 0.9})
    assert outcome_text(outcome) == "◆ **OPTION**<br>a\\_b"
    assert shares_text(outcome) == "a\\_b 0.900<br>x 0.100"


@pytest.mark.parametrize("state", ["ambiguous", "annulled", "pending"])
def test_a_state_that_settles_nothing_must_have_a_reason(state: str):
    assert outcome_text(judged.outcome(state)).endswith("no reason was recorded")
    assert outcome_text(judged.outcome(state, reason="too <few>")).endswith(r"too \<few\>")


def test_undefined_draws_are_told_only_where_there_are_any():
    assert undefined(judged.outcome("yes", undefined=0.034)) == "3.4 % undefined"
    assert not undefined(judged.outcome("yes", undefined=0.0))


def test_all_states_are_counted_apart():
    claims = [judged.claim(state, {"state": state}) for state in OUTCOMES]
    assert counts(claims) == f"7 claims: {', '.join(f'1 {state}' for state in OUTCOMES)}"
    assert counts(claims[:1]) == "1 claim: 1 yes"


def test_each_type_of_claim_has_a_table_with_its_own_scores():
    said = text(*judged.all_claims())
    assert said.count("| Claim |") == 3
    for heading in ("Brier ↓, log ↓", "Brier sum ↓ (0 to 2), RPS ↓", "WIS ↓"):
        assert f"| Forecast → {heading} | Money |" in said


def test_a_type_that_is_not_there_is_not_explained():
    said = text(judged.numeric())
    assert "WIS: twice" in said
    assert " RPS:" not in said


def test_the_legend_has_every_score_that_some_forecast_has_and_no_other():
    forecast = judged.numeric().forecasts[0]
    scores = {"wis_on_grid": 9.8, "crps": 9.0}
    said = text(judged.numeric(forecasts=(forecast.model_copy(update={"scores": scores}),)))
    assert " CRPS:" in said
    for absent in ("Log:", "Spherical:", "Against even chances:", "Against peers:"):
        assert absent not in said
    for present in ("Log:", "Against even chances:", "Against peers:"):
        assert present in text(*judged.all_claims())


def test_options_without_order_have_no_ranked_score():
    bare = judged.categorical().forecasts[0].model_copy(update={"scores": {"brier_sum": 0.14}})
    assert "| Forecast → Brier sum ↓ (0 to 2) | Money |" in text(
        judged.categorical(forecasts=(bare,))
    )


def test_the_condition_stands_in_the_row_and_how_it_came_out_in_the_story():
    said = text(judged.categorical())
    assert "given `drop(p.a) > 1 pp`<br>" in said
    assert "- the condition: the condition holds in 1.00 of draws" in said


def test_what_weakens_a_claim_is_badged_and_told():
    claim = judged.share()
    assert badges(claim) == (
        "amended",
        "disputed",
        "near-automatic",
        "published before registration",
        "late forecast",
        "outcome changed",
    )
    said = text(claim)
    for sentence in (
        r"- before any result: forecast of ann amended by entry 5",
        r"- **deviation**: reworded by entry 9 \(was: \<b\>more\</b\>\)",
        r"- **deviation**: disputed in entry 11",
        r"- an outcome was recorded before: entry 7 recorded yes",
        r"- near-automatic: it correlates with the epoch of removal",
        r"nothing here can show who knew them",
    ):
        assert sentence in said


def test_a_deviation_without_a_badge_of_the_judge_gets_one():
    claim = judged.share(badges=(), confounds=("total epochs: a 2, b 3", "cheap: it says little"))
    assert {"deviations", "confounded", "cheap"} <= {*badges(claim)}
    assert "near-automatic" not in badges(claim)
    assert "- confounded: total epochs: a 2, b 3" in text(claim)
    assert "- cheap: it says little" in text(claim)


def test_a_protocol_without_a_page_is_named_and_not_linked():
    said = verdicts([judged.numeric()], lambda _: "")
    assert "<sub>digits</sub>" in said
    assert "](" not in said
