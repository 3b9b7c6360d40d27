from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpbench.claims import calls, parse, parse_amount
from cpbench.resolving.evaluating import ANY_TIE, evaluate
from cpbench.resolving.truth import Interval, clearly

Answer = bool | None
Lab = Any  # the class stands in conftest.py, which tests cannot import

AGREE = ("broken_stick_flat", "drop90", "logistic")


def verdict(text: str, amount: str | None, **values: float) -> Answer:
    event = parse(text)
    known = {
        call: Interval(np.array([values[call.protocol]]), np.array([values[call.protocol]]))
        for call in calls(event)
    }
    truth = evaluate(event, known, parse_amount(amount) if amount else ANY_TIE)
    return True if truth.is_true[0] else False if truth.is_false[0] else None


@pytest.mark.parametrize(
    ("text", "amount", "values", "expected"),
    [
        ("end(a) > end(b)", "10 epoch", {"a": 111, "b": 100}, True),
        ("end(a) > end(b)", "10 epoch", {"a": 110, "b": 100}, None),
        ("end(a) >= end(b)", "10 epoch", {"a": 110, "b": 100}, None),
        ("end(a) > end(b)", "10 epoch", {"a": 90, "b": 100}, None),
        ("end(a) > end(b)", "10 epoch", {"a": 89, "b": 100}, False),
        ("end(a) < end(b)", "10 epoch", {"a": 89, "b": 100}, True),
        ("end(a) <= end(b)", "10 epoch", {"a": 95, "b": 100}, None),
        ("end(a) - end(b) > 0", "10 epoch", {"a": 105, "b": 100}, None),
        ("0 < end(a)", "10 epoch", {"a": 5}, None),
        ("end(a) / end(b) > 1", "10 epoch", {"a": 105, "b": 100}, True),
        ("baseline(a) > baseline(b)", "2 pp", {"a": 81, "b": 80}, None),
        ("baseline(a) > baseline(b)", "2 percent", {"a": 81, "b": 80}, None),
        ("baseline(a) - baseline(b) > 0", "2 pp", {"a": 81, "b": 80}, None),
        ("baseline(a) - baseline(b) > 0", "2 percent", {"a": 81, "b": 80}, True),
        ("end(a) > end(b) > 50 epoch", "10 epoch", {"a": 105, "b": 20}, False),
        ("end(a) > end(b)", None, {"a": 100, "b": 100}, None),
        ("end(a) >= end(b)", None, {"a": 100, "b": 100}, None),
        ("end(a) > end(b)", None, {"a": 101, "b": 100}, True),
    ],
)
def test_a_difference_within_the_margin_is_not_known(
    text: str, amount: str | None, values: dict[str, float], expected: Answer
):
    assert verdict(text, amount, **values) is expected


@given(st.floats(-50, 50), st.floats(-50, 50), st.floats(0, 20))
def test_with_a_margin_exchanging_the_sides_exchanges_true_and_false(
    one: float, other: float, margin: float
):
    left, right = (Interval(np.array([each]), np.array([each])) for each in (one, other))
    there, back = clearly(left, ">", right, margin), clearly(right, ">", left, margin)
    assert (there.is_true == back.is_false).all()
    assert (there.is_false == back.is_true).all()
    assert not (there.is_true & there.is_false).any()


def test_draws_within_the_margin_are_undefined(lab: Lab):
    series = lab.series("a", 105), lab.series("b", 100)
    told = lab.outcome(lab.binary("end(p.a) > end(p.b)", margin="10 epoch"), *series)
    assert (told.state, told.undefined) == ("ambiguous", 1.0)
    assert lab.said("end(p.a) > end(p.b)", *series, margin="2 epoch") == ("yes", "")


@pytest.mark.parametrize(
    ("tie", "state", "reason"),
    [
        (None, "ambiguous", "within the margin of 10 epoch on the mean over seeds"),
        ("annul", "annulled", "tie"),
        ("yes", "yes", "a tie, declared to be yes"),
        ("no", "no", "a tie, declared to be no"),
    ],
)
def test_by_point_a_tie_is_what_was_declared(lab: Lab, tie: str | None, state: str, reason: str):
    series = lab.series("a", 105), lab.series("b", 100)
    rule = {"rule": "point", "margin": "10 epoch", "tie": tie}
    assert lab.said("end(p.a) > end(p.b)", *series, **rule) == (state, reason)
    apart = lab.series("a", 155), lab.series("b", 100)
    assert lab.said("end(p.a) > end(p.b)", *apart, **rule) == ("yes", "")


def test_without_a_margin_only_equal_numbers_tie(lab: Lab):
    rule = {"rule": "point", "tie": "annul"}
    equal = lab.series("a", 100), lab.series("b", 100)
    assert lab.said("end(p.a) > end(p.b)", *equal, **rule)[0] == "annulled"
    near = lab.series("a", 100.1), lab.series("b", 100)
    assert lab.said("end(p.a) > end(p.b)", *near, **rule) == ("yes", "")


def test_a_tie_is_no_option(lab: Lab):
    claim = lab.categorical(
        resolution={"rule": "point", "tie": "yes"}, yes="end(p.a) > end(p.b)", no="end(p.a) < 0"
    )
    told = lab.outcome(claim, lab.series("a", 100), lab.series("b", 100))
    assert (told.state, told.option) == ("ambiguous", "")


def test_what_is_unknown_for_another_reason_is_no_tie(lab: Lab):
    rule = {"rule": "point", "tie": "yes"}
    assert lab.said("end(p.a) > 500 epoch", lab.series("a", 470), **rule) == (
        "ambiguous",
        "undefined on the mean over seeds",
    )
    flat = lab.series("a", 100, drop=0.0)
    assert lab.said("end(p.a) > 50 epoch", flat, **rule) == ("annulled", "no_drop")


def test_estimators_that_agree_change_nothing(lab: Lab):
    series = lab.series("a", 160), lab.series("b", 60)
    for claim in (
        lab.binary("end(p.a) > end(p.b)", agree=AGREE),
        lab.binary("end(p.a) > end(p.b)", agree=AGREE, rule="probabilistic"),
        lab.categorical(
            resolution={"agree": AGREE}, later="end(p.a) > end(p.b)", never="end(p.a) < 0"
        ),
        lab.categorical(
            resolution={"agree": AGREE, "rule": "probabilistic"},
            later="end(p.a) > end(p.b)",
            never="end(p.a) < 0",
        ),
    ):
        told = lab.outcome(claim, *series)
        assert told.state in {"yes", "value", "option"}
        assert told.reason == ""


def test_estimators_that_disagree_make_the_claim_ambiguous_and_one_is_named(lab: Lab):
    # The stick breaks at 160, and ninety percent of the drop are lost at 144.
    text = "end(p.a) > 150 epoch"
    a = lab.series("a", 160)
    assert lab.said(text, a) == ("yes", "")
    told = lab.outcome(lab.binary(text, agree=AGREE), a)
    assert (told.state, told.reason) == ("ambiguous", "estimators disagree: drop90 says no")
    share = lab.outcome(lab.binary(text, agree=AGREE, rule="probabilistic"), a)
    assert (share.state, share.fraction) == ("ambiguous", None)
    assert share.reason == "estimators disagree: drop90 says 0%"
    option = lab.categorical(resolution={"agree": AGREE}, late=text, later="end(p.a) > 400 epoch")
    told = lab.outcome(option, a)
    assert (told.state, told.option) == ("ambiguous", "")
    assert told.reason == "estimators disagree: drop90 says other"
    both = lab.categorical(
        resolution={"agree": AGREE, "rule": "probabilistic"}, late=text, later="end(p.a) < 0"
    )
    assert "drop90 says late 0%, later 0%, other 100%" in lab.outcome(both, a).reason


def test_values_agree_where_their_intervals_meet(lab: Lab):
    sharp = lab.outcome(lab.numeric("end(p.a)", agree=AGREE), lab.series("a", 160))
    assert sharp.state == "ambiguous"
    assert sharp.reason.startswith("estimators disagree: drop90 says 144")
    assert sharp.value.value == pytest.approx(160)
    wide = lab.outcome(lab.numeric("end(p.a)", agree=["drop90"]), lab.series("a", 160, spread=60))
    assert (wide.state, wide.reason) == ("value", "")


def test_an_estimator_whose_control_is_missing_cannot_agree(lab: Lab):
    a = lab.series("a", 160)
    bare = a._replace(accuracy={"": a.accuracy[""]})
    assert lab.said("end(p.a) > 100 epoch", bare) == ("yes", "")
    told = lab.outcome(lab.binary("end(p.a) > 100 epoch", agree=AGREE), bare)
    assert told.reason == "estimators disagree: drop90 says annulled"
