from typing import Any

import pytest

Lab = Any  # the class stands in conftest.py, which tests cannot import

LATER = "end(p.a) > end(p.b) + 10 epoch"
SAME = "end(p.a) - end(p.b) >= -10 epoch and end(p.a) - end(p.b) <= 10 epoch"
SOONER = "end(p.a) < end(p.b) - 10 epoch"
WHENS = {"sooner": SOONER, "same": SAME, "later": LATER}


@pytest.mark.parametrize(("end", "option"), [(60, "sooner"), (104, "same"), (200, "later")])
def test_the_option_that_holds_is_the_outcome(lab: Lab, end: float, option: str):
    told = lab.outcome(lab.categorical(**WHENS), lab.series("a", end), lab.series("b", 100))
    assert (told.state, told.option, told.reason) == ("option", option, "")
    assert told.shares == {name: float(name == option) for name in (*WHENS, "other")}
    assert told.sign_count == "6 of 6"
    assert told.probability is None


def test_where_no_option_holds_the_outcome_is_other(lab: Lab):
    claim = lab.categorical(sooner=SOONER, later=LATER)
    told = lab.outcome(claim, lab.series("a", 104), lab.series("b", 100))
    assert (told.state, told.option) == ("option", "other")


def test_the_first_of_several_that_hold_is_the_outcome(lab: Lab):
    claim = lab.categorical(any="end(p.a) > 0", later=LATER)
    assert lab.outcome(claim, lab.series("a", 200), lab.series("b", 100)).option == "any"


def test_shares_sum_to_one_and_a_close_call_is_ambiguous(lab: Lab):
    a = lab.series("a", 110, spread=30)
    told = lab.outcome(lab.categorical(**WHENS), a, lab.series("b", 100))
    assert told.state == "ambiguous"
    assert told.option == ""
    assert sum(told.shares.values()) == pytest.approx(1)
    assert max(told.shares.values()) < 0.95
    assert "of draws, the most; 95% are asked for" in told.reason


def test_by_point_the_mean_decides(lab: Lab):
    rule = {"rule": "point", "min_seeds": 1}
    claim = lab.categorical(resolution=rule, **WHENS)
    told = lab.outcome(claim, lab.series("a", 200, seeds=[0]), lab.series("b", 100, seeds=[0]))
    assert (told.state, told.option) == ("option", "later")


def test_by_probability_the_shares_are_the_outcome(lab: Lab):
    claim = lab.categorical(resolution={"rule": "probabilistic"}, **WHENS)
    told = lab.outcome(claim, lab.series("a", 110, spread=30), lab.series("b", 100))
    assert (told.state, told.option, told.fraction, told.value) == ("value", "", None, None)
    assert sum(told.shares.values()) == pytest.approx(1)


def test_an_option_that_is_not_known_leaves_the_later_ones_unknown(lab: Lab):
    # a ends beyond the sweep: whether after 500 is not known, so neither is what comes next.
    claim = lab.categorical(late="end(p.a) > 500 epoch", early="end(p.a) > 0")
    told = lab.outcome(claim, lab.series("a", 470))
    assert (told.state, told.shares, told.undefined) == ("ambiguous", {}, 1.0)
    reverse = lab.categorical(early="end(p.a) > 0", late="end(p.a) > 500 epoch")
    assert lab.outcome(reverse, lab.series("a", 470)).option == "early"


def test_options_may_be_called_yes_and_no(lab: Lab):
    claim = lab.categorical(yes=LATER, no=SOONER)
    told = lab.outcome(claim, lab.series("a", 200), lab.series("b", 100))
    assert (told.state, told.option) == ("option", "yes")


def test_a_curve_without_a_drop_annuls_options_too(lab: Lab):
    told = lab.outcome(
        lab.categorical(**WHENS), lab.series("a", 100, drop=0.0), lab.series("b", 100)
    )
    assert (told.state, told.reason.split(":")[0]) == ("annulled", "no_drop")
