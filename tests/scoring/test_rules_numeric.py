import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from cpbench.scoring.rules.binary import brier
from cpbench.scoring.rules.numeric import (
    absolute_error,
    crps_ensemble,
    crps_normal,
    grid_fault,
    interval_score,
    log_loss_normal,
    pinball,
    wis,
)

NUMBER = st.floats(-1000, 1000)
NEAR = st.floats(-100, 100)
LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9)
QUANTILES = (90.0, 105.0, 120.0, 140.0, 170.0)
ENSEMBLE = (100.0, 110.0, 120.0, 130.0, 150.0)
OUTCOME = 113.2


@pytest.mark.parametrize(
    ("level", "quantile", "outcome", "loss"),
    [(0.9, 150, 140, 1.0), (0.9, 150, 170, 18.0), (0.5, 120, 113.2, 3.4)],
)
def test_one_quantile_scores_the_reference_values(
    level: float, quantile: float, outcome: float, loss: float
):
    assert pinball(quantile, level=level, outcome=outcome) == pytest.approx(loss)


@pytest.mark.parametrize(("outcome", "score"), [(113.2, 40), (152, 160), (80, 240)])
def test_an_interval_scores_its_width_and_ten_times_a_miss_at_80_percent(
    outcome: float, score: float
):
    assert interval_score(100, 140, coverage=0.8, outcome=outcome) == pytest.approx(score)


def test_five_quantiles_score_the_reference_values():
    pairs = zip(LEVELS, QUANTILES, strict=True)
    losses = [pinball(value, level=level, outcome=OUTCOME) for level, value in pairs]
    assert losses == pytest.approx([2.32, 2.05, 3.40, 6.70, 5.68])
    assert wis(LEVELS, QUANTILES, outcome=OUTCOME) == pytest.approx(8.06)


def test_the_weighted_interval_score_is_the_weighted_sum_of_its_intervals():
    outer = interval_score(90, 170, coverage=0.8, outcome=OUTCOME)
    inner = interval_score(105, 140, coverage=0.5, outcome=OUTCOME)
    by_hand = (0.5 * 6.8 + 0.1 * outer + 0.25 * inner) / 2.5
    assert wis(LEVELS, QUANTILES, outcome=OUTCOME) == pytest.approx(by_hand)


def test_it_is_not_the_crps_of_the_straight_lines_through_the_quantiles():
    # The mass beyond the outermost quantiles lies at them.
    def squared(x: float) -> float:
        below = 0.0 if x < QUANTILES[0] else float(np.interp(x, QUANTILES, LEVELS))
        below = 1.0 if x >= QUANTILES[-1] else below
        return (below - (x >= OUTCOME)) ** 2

    knots = sorted([*QUANTILES, OUTCOME])
    crps = sum(quad(squared, low, high)[0] for low, high in pairwise(knots))
    assert crps == pytest.approx(7.337333, abs=5e-7)
    assert abs(wis(LEVELS, QUANTILES, outcome=OUTCOME) - crps) > 0.5


def test_a_normal_scores_the_reference_values():
    assert crps_normal(120, 20, outcome=OUTCOME) == pytest.approx(5.587470, abs=5e-7)
    assert log_loss_normal(120, 20, outcome=OUTCOME) == pytest.approx(3.972471, abs=5e-7)


def test_a_narrow_normal_far_off_is_a_point():
    assert crps_normal(0, 1e-300, outcome=1e9) == pytest.approx(1e9)
    assert log_loss_normal(0, 1e-300, outcome=1e9) == math.inf


def test_an_ensemble_scores_the_reference_values():
    assert crps_ensemble(ENSEMBLE, outcome=OUTCOME) == pytest.approx(15.36 - 9.6)
    assert crps_ensemble(ENSEMBLE, outcome=OUTCOME, fair=True) == pytest.approx(15.36 - 12)


def test_an_ensemble_of_seven_ones_and_three_zeros_has_the_brier_score():
    members = [1.0] * 7 + [0.0] * 3
    assert crps_ensemble(members, outcome=1) == pytest.approx(brier(0.7, outcome=1))


@pytest.mark.parametrize(
    ("mean", "crps", "loss"),
    [(113.19, 27.81, 0.250), (135.95, 9.49, 0.016), (226.38, 63.22, 0.000)],
)
def test_a_bet_on_later_can_reward_the_theory_that_is_worse_on_the_number(
    mean: float, crps: float, loss: float
):
    assert crps_normal(mean, 20, outcome=151.88) == pytest.approx(crps, abs=0.01)
    later = 1 - norm.cdf(113.19, mean, 20)
    assert brier(later, outcome=1) == pytest.approx(loss, abs=5e-4)


def test_a_point_scores_its_distance():
    assert absolute_error(120, outcome=113.2) == pytest.approx(6.8)
    assert absolute_error(100, outcome=113.2) == pytest.approx(13.2)


@given(NUMBER, st.floats(0.01, 100), NUMBER, st.floats(0.01, 100))
def test_the_belief_expects_the_least_crps(mean: float, sd: float, other: float, scale: float):
    draws = norm.ppf((np.arange(50) + 0.5) / 50, mean, sd)

    def expected(m: float, s: float) -> float:
        return float(np.mean([crps_normal(m, s, outcome=float(y)) for y in draws]))

    # The draws are 50 quantiles of the belief, not the belief: hence the slack.
    assert expected(mean, sd) <= expected(other, scale) + 1e-3 * sd


DRAWS = tuple(float(value) for value in norm.ppf((np.arange(101) + 0.5) / 101, 50, 10))
GRID = [float(value) for value in np.arange(20, 80)]


@pytest.mark.parametrize(
    ("loss", "belief"),
    [
        (lambda x, y: pinball(x, level=0.9, outcome=y), norm.ppf(0.9, 50, 10)),
        (lambda x, y: pinball(x, level=0.1, outcome=y), norm.ppf(0.1, 50, 10)),
        (lambda x, y: absolute_error(x, outcome=y), 50),
        (lambda x, y: wis([0.1, 0.5, 0.9], [x - 13, x, x + 13], outcome=y), 50),
        (lambda x, y: interval_score(x, 80, coverage=0.8, outcome=y), norm.ppf(0.1, 50, 10)),
        (lambda x, y: interval_score(0, x, coverage=0.8, outcome=y), norm.ppf(0.9, 50, 10)),
        (lambda x, y: crps_normal(x, 10, outcome=y), 50),
        (lambda x, y: log_loss_normal(x, 10, outcome=y), 50),
        (lambda x, y: crps_ensemble([x - 9, x, x + 9], outcome=y), 50),
    ],
    ids=["q90", "q10", "point", "wis", "lower", "upper", "crps", "log", "ensemble"],
)
def test_on_a_grid_the_belief_expects_the_least_loss(
    loss: Callable[[float, float], float], belief: float
):
    expected = [math.fsum(loss(said, y) for y in DRAWS) for said in GRID]
    assert GRID[int(np.argmin(expected))] == pytest.approx(belief, abs=1)


@given(st.lists(NUMBER, min_size=2, max_size=8), NUMBER)
def test_a_fair_ensemble_score_is_lower_than_its_energy_form(members: list[float], outcome: float):
    energy = crps_ensemble(members, outcome=outcome)
    assert crps_ensemble(members, outcome=outcome, fair=True) <= energy + 1e-9
    assert energy >= -1e-9


@given(NUMBER, NUMBER)
def test_one_member_is_a_point(member: float, outcome: float):
    expected = absolute_error(member, outcome=outcome)
    assert crps_ensemble([member], outcome=outcome) == pytest.approx(expected)


@given(st.lists(NUMBER, min_size=3, max_size=3).map(sorted), NUMBER, NUMBER)
def test_moving_forecast_and_outcome_together_changes_no_loss(
    values: list[float], outcome: float, shift: float
):
    moved = [value + shift for value in values]
    there = wis([0.1, 0.5, 0.9], values, outcome=outcome)
    assert wis([0.1, 0.5, 0.9], moved, outcome=outcome + shift) == pytest.approx(there, abs=1e-6)


@pytest.mark.parametrize(
    ("levels", "fault"),
    [
        ((0.1, 0.5, 0.9), ""),
        ((0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9), ""),
        ((0.5,), "fewer than 3 levels"),
        ((0.1, 0.5, 0.8), "not symmetric"),
        ((0.1, 0.4, 0.6, 0.9), "0.5 is missing"),
    ],
)
def test_a_grid_says_what_keeps_it_from_a_weighted_interval_score(
    levels: tuple[float, ...], fault: str
):
    assert fault in grid_fault(levels)
    assert bool(fault) == bool(grid_fault(levels))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pinball(1, level=0, outcome=1), "level 0 is not between"),
        (lambda: pinball(1, level=1, outcome=1), "level 1 is not between"),
        (lambda: pinball(math.nan, level=0.5, outcome=1), "finite"),
        (lambda: pinball(1, level=0.5, outcome=math.inf), "finite"),
        (lambda: wis([], [], outcome=1), "0 quantiles for 0 levels"),
        (lambda: wis([0.1, 0.5], [1], outcome=1), "1 quantiles for 2 levels"),
        (lambda: wis([0.5, 0.1], [1, 2], outcome=1), "levels must ascend"),
        (lambda: wis([0.5, 0.5], [1, 2], outcome=1), "levels must ascend"),
        (lambda: wis([0.1, 0.5], [2, 1], outcome=1), "quantiles cross"),
        (lambda: interval_score(2, 1, coverage=0.8, outcome=1), "above upper"),
        (lambda: interval_score(1, 2, coverage=1, outcome=1), "coverage 1 is not"),
        (lambda: interval_score(1, math.inf, coverage=0.8, outcome=1), "finite"),
        (lambda: crps_normal(1, 0, outcome=1), "deviation 0 is not positive"),
        (lambda: crps_normal(1, -1, outcome=1), "deviation -1 is not positive"),
        (lambda: log_loss_normal(1, math.nan, outcome=1), "finite"),
        (lambda: crps_ensemble([], outcome=1), "give 1 or more"),
        (lambda: crps_ensemble([1], outcome=1, fair=True), "give 2 or more"),
        (lambda: crps_ensemble([1, math.nan], outcome=1), "finite"),
        (lambda: absolute_error(1, outcome=math.nan), "finite"),
    ],
)
def test_what_has_no_score_gets_none(call: Callable[[], float], message: str):
    with pytest.raises(ValueError, match=message):
        call()


@given(st.lists(NEAR, min_size=5, max_size=5).map(sorted), NEAR, st.floats(10, 100))
def test_an_independent_implementation_agrees(values: list[float], outcome: float, sd: float):
    scoringrules = pytest.importorskip("scoringrules")
    expected = {
        # Not its `weighted_interval_score`: without numba it adds the median itself.
        "wis": scoringrules.crps_quantile(outcome, np.array(values), np.array(LEVELS)),
        "pinball": scoringrules.quantile_score(outcome, values[1], 0.25),
        "interval": scoringrules.interval_score(outcome, values[0], values[4], 0.2),
        "normal": scoringrules.crps_normal(outcome, values[2], sd),
        "log": scoringrules.logs_normal(outcome, values[2], sd),
        "energy": scoringrules.crps_ensemble(outcome, np.array(values), estimator="nrg"),
        "fair": scoringrules.crps_ensemble(outcome, np.array(values), estimator="fair"),
    }
    found = {
        "wis": wis(LEVELS, values, outcome=outcome),
        "pinball": pinball(values[1], level=0.25, outcome=outcome),
        "interval": interval_score(values[0], values[4], coverage=0.8, outcome=outcome),
        "normal": crps_normal(values[2], sd, outcome=outcome),
        "log": log_loss_normal(values[2], sd, outcome=outcome),
        "energy": crps_ensemble(values, outcome=outcome),
        "fair": crps_ensemble(values, outcome=outcome, fair=True),
    }
    for name, value in expected.items():
        assert found[name] == pytest.approx(float(value), rel=1e-6, abs=1e-6), name
