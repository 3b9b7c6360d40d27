import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpbench.scoring.rules.forms import (
    LEVELS,
    NumericForm,
    central_interval,
    own_loss,
    quantiles_of,
)
from cpbench.scoring.rules.numeric import absolute_error, wis
from cpbench.specs.forecasts import CentralInterval, Normal

NORMAL = Normal(mean=120.0, sd=20.0)
INTERVAL = CentralInterval(lower=100.0, upper=140.0, coverage=0.8)
# Levels are text, and text does not sort as numbers do.
QUANTILES = {"0.9": 170.0, "0.25": 105.0, "0.5": 120.0, "0.75": 140.0, "0.1": 90.0}


@pytest.mark.parametrize(
    ("form", "rule", "value"),
    [
        (NORMAL, "crps", 5.587470),
        (INTERVAL, "interval_score", 40),
        (QUANTILES, "wis", 8.06),
        (120.0, "absolute_error", 6.8),
    ],
)
def test_each_form_is_scored_by_its_own_rule(form: NumericForm, rule: str, value: float):
    assert own_loss(form, outcome=113.2) == (rule, pytest.approx(value, abs=5e-7))


@pytest.mark.parametrize("form", [NORMAL, INTERVAL, QUANTILES, 120.0])
def test_an_outcome_that_is_no_number_has_no_loss(form: NumericForm):
    with pytest.raises(ValueError, match="finite"):
        own_loss(form, outcome=math.nan)


def test_a_normal_has_its_quantiles_exactly():
    grid = quantiles_of(NORMAL, (0.1, 0.5, 0.9))
    assert grid.quantiles == pytest.approx((94.36897, 120, 145.63103))
    assert grid.assumption == ""


def test_an_interval_is_the_normal_that_has_it():
    grid = quantiles_of(INTERVAL)
    assert (grid.quantiles[0], grid.quantiles[4], grid.quantiles[-1]) == pytest.approx(
        (100, 120, 140)
    )
    assert "normal" in grid.assumption


def test_a_point_is_all_of_its_quantiles():
    assert quantiles_of(120.0) == ((120.0,) * 9, "a point is sure of its value")


@given(st.floats(-100, 100), st.floats(-100, 100))
def test_a_point_on_the_grid_scores_its_distance(point: float, outcome: float):
    on_grid = wis(LEVELS, quantiles_of(point).quantiles, outcome=outcome)
    assert on_grid == pytest.approx(absolute_error(point, outcome=outcome))


def test_quantiles_between_stated_ones_lie_on_straight_lines():
    grid = quantiles_of(QUANTILES)
    assert grid.quantiles == pytest.approx((90, 100, 108, 114, 120, 128, 136, 150, 170))
    assert "straight lines" in grid.assumption


def test_quantiles_beyond_the_stated_ones_are_held_there_and_it_says_so():
    grid = quantiles_of({"0.2": 1.0, "0.5": 2.0, "0.8": 3.0}, (0.1, 0.2, 0.5, 0.8, 0.9))
    assert grid == ((1, 1, 2, 3, 3), "tails held at the outermost stated quantiles")


def test_quantiles_stated_on_the_grid_are_taken_as_they_are():
    stated = {str(level): 10 * level for level in LEVELS}
    grid = quantiles_of(stated)
    assert grid == (pytest.approx([10 * level for level in LEVELS]), "")


@given(st.floats(-100, 100), st.floats(0.1, 100))
def test_all_forms_of_one_normal_agree_on_the_grid(mean: float, sd: float):
    normal = Normal(mean=mean, sd=sd)
    expected = quantiles_of(normal).quantiles
    ends = central_interval(normal, 0.6)
    assert ends is not None
    interval = CentralInterval(lower=ends[0], upper=ends[1], coverage=0.6)
    quantiles = {str(level): value for level, value in zip(LEVELS, expected, strict=True)}
    assert quantiles_of(interval).quantiles == pytest.approx(expected)
    assert quantiles_of(quantiles).quantiles == pytest.approx(expected)


@pytest.mark.parametrize(
    ("form", "coverage", "ends"),
    [
        (NORMAL, 0.8, (94.36897, 145.63103)),
        (NORMAL, 0.5, (106.510205, 133.489795)),
        (INTERVAL, 0.8, (100, 140)),
        (INTERVAL, 0.5, None),
        (QUANTILES, 0.8, (90, 170)),
        (QUANTILES, 0.5, (105, 140)),
        (QUANTILES, 0.9, None),
        ({"0.1": 1.0, "0.5": 2.0, "0.8": 3.0}, 0.8, None),
        (120.0, 0.8, None),
    ],
)
def test_a_central_interval_is_one_that_was_stated(
    form: NumericForm, coverage: float, ends: tuple[float, float] | None
):
    assert central_interval(form, coverage) == (ends if ends is None else pytest.approx(ends))
