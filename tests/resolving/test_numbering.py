from typing import Any

import numpy as np
import pytest

Lab = Any  # the class stands in conftest.py, which tests cannot import


def test_a_quantity_comes_out_as_its_value_with_the_interval_of_the_draws(lab: Lab):
    claim = lab.numeric("half(p.a) - half(p.b)")
    told = lab.outcome(claim, lab.series("a", 120, spread=30), lab.series("b", 60))
    assert (told.state, told.reason, told.undefined) == ("value", "", 0.0)
    value = told.value
    assert (value.status, value.unit, value.n_seeds) == ("ok", "epoch", 6)
    assert value.expr == "half(p.a) - half(p.b)"
    assert value.low < value.value < value.high
    # Half damage of the mean of such sticks lies near half of their mean end.
    assert value.value == pytest.approx(30, abs=4)


def test_every_rule_gives_the_same_value(lab: Lab):
    series = lab.series("a", 120, spread=30), lab.series("b", 60)
    values = [
        lab.outcome(lab.numeric("end(p.a) - end(p.b)", rule=rule), *series).value.value
        for rule in ("decisive", "point", "probabilistic")
    ]
    assert values == [values[0]] * 3


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("end(p.a)", "only known to be ≥ 240 epoch"),
        ("100 epoch - end(p.a)", "only known to be ≤ -140 epoch"),
        ("end(p.early)", "only known to lie between 0 and 10 epoch"),
        ("end(p.a) - end(p.late)", "nothing is known of it"),
    ],
)
def test_a_censored_value_is_ambiguous_and_says_what_is_known(lab: Lab, text: str, reason: str):
    series = lab.series("a", 470), lab.series("late", 475), lab.series("early", 4)
    told = lab.outcome(lab.numeric(text), *series)
    assert (told.state, told.reason) == ("ambiguous", reason)
    assert told.value.value is None


def test_a_curve_without_a_drop_annuls(lab: Lab):
    told = lab.outcome(lab.numeric("end(p.a)"), lab.series("a", 100, drop=0.0))
    assert (told.state, told.reason.split(":")[0]) == ("annulled", "no_drop")
    assert told.value.status == "no_drop"


def test_a_quantity_that_cannot_be_taken_annuls(lab: Lab):
    a = lab.series("a", 100)
    told = lab.outcome(lab.numeric("damage(p.a, at=47)", "pp"), a)
    assert (told.state, told.reason.split(":")[0]) == ("annulled", "claim_invalid")
    told = lab.outcome(lab.numeric("plateau(p.a)", "percent"), lab.series("a", 470))
    assert (told.state, told.reason.split(":")[0]) == ("annulled", "quantity_missing")
    assert told.value.status == "missing"


def test_a_quotient_by_what_may_be_zero_is_ambiguous(lab: Lab):
    a = lab.series("a", 100)
    told = lab.outcome(lab.numeric("damage(p.a, at=80) / damage(p.a, at=0)", "fraction"), a)
    assert (told.state, told.reason) == ("ambiguous", "undefined on the mean over seeds")
    assert told.value.status == "invalid"


def test_a_value_outside_its_bounds_still_counts_and_is_noted(lab: Lab):
    a, b = lab.series("a", 120), lab.series("b", 60)
    inside = lab.outcome(lab.numeric("end(p.a) - end(p.b)", bounds=[-10, 100]), a, b)
    outside = lab.outcome(lab.numeric("end(p.a) - end(p.b)", bounds=[-10, 50]), a, b)
    assert (inside.state, inside.value.note) == ("value", "")
    assert (outside.state, outside.value.note) == ("value", "outside the bounds [-10, 50]")
    assert inside.value.value == outside.value.value


def test_a_value_that_many_draws_leave_undefined_is_ambiguous_but_by_point(lab: Lab):
    # Two of six seeds have no drop at all: draws rich in them have none either.
    a = lab.series("a", 100)
    curve = a.accuracy[""].values.copy()
    curve[:5] = 88 + 0.3 * np.random.default_rng(1).normal(size=curve[:5].shape)
    curve[5] -= 0.5
    noisy = a._replace(accuracy={**a.accuracy, "": a.accuracy[""]._replace(values=curve)})
    told = lab.outcome(lab.numeric("end(p.a)"), noisy)
    assert told.state == "ambiguous"
    assert told.reason.startswith("undefined in ")
    assert lab.outcome(lab.numeric("end(p.a)", rule="point"), noisy).state == "value"
