from typing import Any

import pytest

from cpbench.claims.statements import statements_of
from cpbench.resolving import (
    explain_outcome,
    present_values,
    resolve,
    said,
    terms,
    value_said,
    written,
)
from cpbench.specs.claims import Resolution

Lab = Any  # the class stands in conftest.py, which tests cannot import


def test_an_explanation_shows_each_seed_each_estimator_and_the_rule(lab: Lab):
    a, b = lab.series("a", 160, spread=40), lab.series("b", 60)
    claim = lab.binary("end(p.a) > end(p.b)")
    why = explain_outcome(claim, lab.digests, lab.evidence(a, b))
    assert why.outcome == lab.outcome(claim, a, b)
    assert why.text == "end(p.a) > end(p.b)"
    assert why.explanation.startswith("The end of the critical period of p.a")
    assert why.terms[0] == why.outcome.rule
    end, other = why.quantities
    assert [each.value.expr for each in why.quantities] == ["end(p.a)", "end(p.b)"]
    # On one seed alone the stick breaks at that seed's own end.
    assert [each.low for each in end.seeds] == pytest.approx([120, 136, 152, 168, 184, 200])
    assert [each.high for each in other.seeds] == pytest.approx([60] * 6)
    assert [each.seed for each in end.seeds] == list(range(6))
    assert [(each.seed, each.outcome) for each in why.seeds] == [(n, "yes") for n in range(6)]
    assert [row.estimator for row in why.estimators] == ["broken_stick_flat", "drop90", "logistic"]
    assert [row.outcome for row in why.estimators] == ["yes"] * 3
    stick, drop90, _ = why.estimators
    assert [value.expr for value in stick.quantities] == ["end(p.a)", "end(p.b)"]
    assert drop90.quantities[1].value == pytest.approx(54)


def test_what_is_explained_is_what_was_resolved(lab: Lab):
    a, b = lab.series("a", 120, spread=50), lab.series("b", 100)
    claim = lab.binary("end(p.a) > end(p.b)")
    found = lab.evidence(a, b)
    why = explain_outcome(claim, lab.digests, found)
    assert [each.value for each in why.quantities] == [*resolve(claim, lab.digests, found).values]
    held = [each.outcome for each in why.seeds].count("yes")
    assert why.outcome.sign_count == f"{held} of 6"


def test_too_few_seeds_do_not_keep_the_numbers_from_being_shown(lab: Lab):
    a = lab.series("a", 160, seeds=[3])
    why = explain_outcome(lab.binary("end(p.a) > 100 epoch"), lab.digests, lab.evidence(a))
    assert why.outcome.state == "pending"
    assert why.quantities[0].value.value == pytest.approx(160)
    assert [(each.seed, each.outcome) for each in why.seeds] == [(3, "yes")]
    assert [row.outcome for row in why.estimators] == ["pending"] * 3


def test_without_results_every_quantity_is_missing_and_says_why(lab: Lab):
    claim = lab.binary("end(p.a) > end(p.b)")
    for found, note in (
        ({}, "p has no plan yet"),
        (lab.evidence(), "p has no results yet"),
    ):
        why = explain_outcome(claim, lab.digests, found)
        assert why.outcome.state == "pending"
        assert why.seeds == ()
        for detail in why.quantities:
            assert (detail.value.status, detail.value.note) == ("missing", note)
            assert detail.seeds == ()


def test_an_arm_that_is_not_there_is_named(lab: Lab):
    claim = lab.binary("end(p.a) > end(p.b)")
    known, missing = present_values(
        statements_of(claim).calls, lab.evidence(lab.series("a", 60)), claim.resolution, 0
    )
    assert (known.status, missing.status, missing.note) == ("ok", "missing", "p has no arm b")


def test_a_beyond_is_an_open_end_on_a_single_seed(lab: Lab):
    claim = lab.numeric("end(p.a)")
    why = explain_outcome(claim, lab.digests, lab.evidence(lab.series("a", 470)))
    assert {(each.low, each.high) for each in why.quantities[0].seeds} == {(240.0, None)}
    assert why.seeds == ()
    assert why.text == "end(p.a)"


def test_the_condition_has_its_part_in_what_each_seed_says(lab: Lab):
    claim = lab.categorical(given="half(p.a) > 40 epoch", yes="end(p.a) > 0", no="end(p.a) < 0")
    a = lab.series("a", 100, spread=35)
    why = explain_outcome(claim, lab.digests, lab.evidence(a))
    outcomes = [each.outcome for each in why.seeds]
    assert outcomes[0] == ""
    assert outcomes[-1] == "yes"
    assert why.text == "yes: end(p.a) > 0; no: end(p.a) < 0"
    assert any("half(p.a) > 40 epoch" in sentence for sentence in why.terms)


def test_series_with_different_seeds_have_no_single_seeds(lab: Lab):
    a, b = lab.series("a", 120), lab.series("b", 60, seeds=range(10, 16))
    why = explain_outcome(lab.binary("end(p.a) > end(p.b)"), lab.digests, lab.evidence(a, b))
    assert why.outcome.state == "yes"
    assert why.seeds == ()
    assert [detail.seeds for detail in why.quantities] == [(), ()]


def test_a_claim_without_an_end_has_no_table_of_estimators(lab: Lab):
    claim = lab.binary("damage(p.a, at=80) > 0")
    why = explain_outcome(claim, lab.digests, lab.evidence(lab.series("a", 60)))
    assert why.estimators == ()


@pytest.mark.parametrize(
    ("rule", "kind", "sentence"),
    [
        ({}, "binary", "ambiguous in between, or if > 10% of draws leave it undefined"),
        ({}, "binary", "with few seeds bootstrap draws err more often than that"),
        ({"draws": "student"}, "binary", "of draws of the seeds by Student's t"),
        ({}, "categorical", "decisive: the option that comes out in ≥ 95%"),
        ({}, "numeric", "only known to lie beyond what was swept"),
        ({"rule": "point"}, "binary", "ambiguous if the mean over seeds leaves it undefined"),
        ({"rule": "probabilistic"}, "binary", "probabilistic: the outcome is the share"),
        ({"rule": "probabilistic"}, "binary", "ambiguous if > 10% of draws leave it undefined"),
        ({"min_seeds": 1}, "binary", "at least 1 seed"),
        ({"min_seeds": 1}, "binary", "pending with no seed"),
        ({"margin": "10 epoch"}, "binary", "a difference within 10 epoch decides nothing"),
        ({"rule": "point", "tie": "no"}, "binary", "a tie on the mean is declared: no"),
        ({"agree": ["drop90"]}, "binary", "ambiguous unless drop90 say the same"),
        ({"missing": "annul"}, "binary", "annulled if runs are missing"),
        ({"missing": "drop", "max_missing": 0.2}, "binary", "more than 20% of runs are missing"),
        ({"deadline": "2026-06-01"}, "binary", "annulled if that is so after 2026-06-01"),
        ({"on_divergence": "worst"}, "binary", "a diverged run counts as 0 % accuracy"),
    ],
)
def test_the_terms_say_what_can_turn_a_verdict(rule: dict[str, object], kind: str, sentence: str):
    told = Resolution.model_validate({"rule": "decisive", "on_divergence": "drop"} | rule)
    assert any(sentence in each for each in terms(told, kind))


def test_student_draws_need_no_warning():
    told = Resolution.model_validate(
        {"rule": "decisive", "on_divergence": "drop", "draws": "student"}
    )
    assert not any("err more often" in each for each in terms(told, "binary"))


@pytest.mark.parametrize(
    ("text", "end", "said_to_be"),
    [
        ("end(p.a)", 160.0, "160 [160, 160] epoch"),
        ("end(p.a)", 470.0, "≥ 240 epoch"),
        ("end(p.a)", 4.0, "≤ 10 epoch"),
        ("end(p.a) / 2 / end(p.a)", 160.0, "0.5 [0.5, 0.5]"),
    ],
)
def test_a_value_is_said_in_a_few_words(lab: Lab, text: str, end: float, said_to_be: str):
    told = lab.outcome(lab.numeric(text), lab.series("a", end))
    assert value_said(told.value) == said_to_be


def test_an_outcome_is_said_in_a_few_words(lab: Lab):
    a = lab.series("a", 160)
    text = "end(p.a) > 100 epoch"
    assert said(lab.outcome(lab.binary(text), a)) == "yes"
    assert said(lab.outcome(lab.binary(text, rule="probabilistic"), a)) == "100%"
    assert said(lab.outcome(lab.numeric("end(p.a)"), a)) == "160 [160, 160] epoch"
    claim = lab.categorical(late=text, early="end(p.a) < 50 epoch")
    assert said(lab.outcome(claim, a)) == "late"
    assert written(lab.numeric("end(p.a)")) == "end(p.a)"


def test_a_single_seed_has_no_interval(lab: Lab):
    one = lab.series("a", 160, seeds=[0])
    told = lab.outcome(lab.numeric("end(p.a)", min_seeds=1), one)
    assert value_said(told.value) == "160 epoch, without interval"


def test_an_endless_interval_is_said_to_be_open(lab: Lab):
    a = lab.series("a", 230, spread=60)
    value = lab.outcome(lab.numeric("end(p.a)"), a).value
    assert value.high is None
    assert value_said(value).endswith(", …] epoch")


def test_a_curve_without_a_drop_is_said_to_have_none(lab: Lab):
    value = lab.outcome(lab.numeric("end(p.a)"), lab.series("a", 160, drop=0.0)).value
    assert value_said(value) == "no drop"
