from collections.abc import Callable
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpbench.scoring.calibration import (
    EDGES,
    Coverage,
    bins,
    calibrate,
    coverages,
    jeffreys,
    murphy,
    wilson,
)
from cpbench.scoring.rules.binary import brier
from cpbench.scoring.rules.forms import NumericForm
from cpbench.specs.forecasts import CentralInterval, Normal

Interval = Callable[[int, int], tuple[float, float]]
FORECASTS = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40)
TENTHS = st.integers(0, 10).map(lambda tenth: tenth / 10)
BINNED = st.lists(st.tuples(TENTHS, st.booleans()), min_size=1, max_size=40)


def test_eight_of_ten_have_the_reference_intervals():
    assert wilson(8, 10) == pytest.approx((0.490162, 0.943318), abs=5e-7)
    assert jeffreys(8, 10) == pytest.approx((0.497226, 0.955941), abs=5e-7)


def test_ten_of_ten_reach_up_to_one():
    assert wilson(10, 10) == (pytest.approx(0.722467, abs=5e-7), 1.0)
    # The raw upper bound would be 0.999952.
    assert jeffreys(10, 10) == (pytest.approx(0.782804, abs=5e-7), 1.0)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_both_intervals_hold_the_rate_and_misses_mirror_hits(counts: tuple[int, int]):
    hits, count = counts
    for interval in (jeffreys, wilson):
        low, high = interval(hits, count)
        assert 0 <= low <= hits / count <= high <= 1
        assert interval(count - hits, count) == pytest.approx((1 - high, 1 - low), abs=1e-9)
    assert (jeffreys(hits, count)[0] <= 0) == (hits == 0)


@pytest.mark.parametrize("interval", [jeffreys, wilson])
@pytest.mark.parametrize(("hits", "count"), [(0, 0), (3, 2), (-1, 2)])
def test_what_is_no_rate_is_refused(interval: Interval, hits: int, count: int):
    with pytest.raises(ValueError, match=f"{hits} of {count} is no rate"):
        interval(hits, count)


@given(FORECASTS)
def test_every_forecast_is_in_the_one_bin_that_holds_it(forecasts: list[tuple[float, bool]]):
    rows = bins(forecasts)
    assert [row.low for row in rows] == list(EDGES[:-1])
    assert [row.high for row in rows] == list(EDGES[1:])
    assert sum(row.n for row in rows) == len(forecasts)
    for row in rows:
        inside = [came for p, came in forecasts if row.low <= p < row.high or p == row.high == 1]
        assert row.n == len(inside)
        assert row.hit_rate == (pytest.approx(fmean(inside)) if inside else None)


@pytest.mark.parametrize(
    ("probability", "low"), [(0.0, 0.0), (0.05, 0.05), (0.15, 0.15), (0.95, 0.95), (1.0, 0.95)]
)
def test_a_bin_holds_its_lower_bound_and_the_last_one_both(probability: float, low: float):
    assert [row.low for row in bins([(probability, True)]) if row.n] == [low]


def test_a_bin_says_what_was_said_and_what_came():
    row = bins([(0.7, True)] * 8 + [(0.66, False)] * 2)[7]
    assert (row.low, row.high, row.n) == (0.65, 0.75, 10)
    assert row.mean_forecast == pytest.approx(0.692)
    assert row.hit_rate == pytest.approx(0.8)
    assert row.jeffreys == jeffreys(8, 10)
    assert row.wilson == wilson(8, 10)


@given(BINNED)
def test_reliability_less_resolution_plus_uncertainty_is_the_brier_score(
    forecasts: list[tuple[float, bool]],
):
    parts = murphy(forecasts)
    assert parts is not None
    total = parts.reliability - parts.resolution + parts.uncertainty
    assert total == pytest.approx(fmean(brier(p, outcome=came) for p, came in forecasts))
    assert min(parts) >= 0


def test_a_score_is_taken_apart_as_by_hand():
    forecasts = [(0.8, True), (0.8, True), (0.8, False), (0.2, False)]
    # Rates 2/3 and 0, base 1/2.
    expected = (0.75 * (0.8 - 2 / 3) ** 2 + 0.25 * 0.04, 0.75 / 36 + 0.25 / 4, 0.25)
    assert murphy(forecasts) == pytest.approx(expected)


@pytest.mark.parametrize("forecasts", [[], [(0.7, True), (0.66, False)]])
def test_a_bin_of_several_probabilities_is_not_taken_apart(forecasts: list[tuple[float, bool]]):
    assert murphy(forecasts) is None


def test_what_is_no_probability_is_refused():
    with pytest.raises(ValueError, match=r"probability 1\.5 does not lie"):
        bins([(1.5, True)])


NUMERIC: list[tuple[NumericForm, float]] = [
    (Normal(mean=0.0, sd=1.0), 0.5),
    (Normal(mean=0.0, sd=1.0), 1.5),
    (CentralInterval(lower=0.0, upper=1.0, coverage=0.8), 1.0),
    ({"0.25": 0.0, "0.5": 1.0, "0.75": 2.0}, 3.0),
    (0.0, 0.0),
]


def test_coverage_counts_only_intervals_that_were_stated():
    assert coverages(NUMERIC) == (Coverage(0.5, 3, 1), Coverage(0.8, 3, 2), Coverage(0.9, 2, 2))


def test_the_record_holds_all_of_it():
    found = calibrate([(0.7, True), (0.2, False)], NUMERIC)
    assert (found.n, found.num_numeric) == (2, 5)
    assert found.coverage == pytest.approx({"0.5": 1 / 3, "0.8": 2 / 3, "0.9": 1})
    assert found.reliability == pytest.approx(0.065)
    assert found.resolution == pytest.approx(0.25)
    assert found.uncertainty == pytest.approx(0.25)
    assert [row.n for row in found.bins if row.n] == [1, 1]


def test_the_record_of_nothing_is_empty_and_not_zero():
    found = calibrate([], [])
    assert (found.n, found.num_numeric, found.coverage) == (0, 0, {})
    assert found.reliability is None
    assert {row.hit_rate for row in found.bins} == {None}
