"""Quantities of several series, and of sweeps of the onset."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from cpbench.quantities import Series, View, measure, resample
from cpbench.records.series import Value

SeriesOf = Callable[..., Series]
ViewOf = Callable[..., View]
Take = Callable[..., Value]
GRID = np.array([0, 10, 20, 40, 60, 80, 120, 160, 240, 320, 480.0])


def stick(position: float) -> np.ndarray:
    return 80.0 - 0.1 * np.minimum(GRID - position, 0)


@pytest.fixture
def arm_of(series_of: SeriesOf) -> ViewOf:
    """An arm of some batch size whose curve breaks at a position."""

    def make(batch_size: int, curve: Sequence[float] | np.ndarray) -> View:
        series = series_of(curve, arm=f"b{batch_size}")
        conditions = tuple(
            each.model_copy(update={"examples_at_removal": batch_size * each.steps_at_removal})
            for each in series.conditions
        )
        series = series._replace(conditions=conditions)
        return View(series, resample([series.seeds], 0, num_draws=20)[series.seeds])

    return make


def test_the_shift_is_the_slope_over_doublings_of_the_batch_size(arm_of: ViewOf, take: Take):
    ends = {25: 160.0, 50: 140.0, 200: 70.0}
    value = take([arm_of(size, stick(end)) for size, end in ends.items()], "shift_per_doubling")
    expected = np.polyfit(np.log2(list(ends)), list(ends.values()), 1)[0]
    assert (value.status, value.unit) == ("ok", "epoch")
    assert value.value == pytest.approx(expected)
    halved = [arm_of(size, stick(end)) for size, end in reversed(ends.items())]
    assert take(halved, "shift_per_doubling").value == pytest.approx(expected)


@pytest.mark.parametrize(
    ("curves", "status", "bound"),
    [
        ({50: stick(100.0), 100: 88 - GRID / 50}, "right_censored", 240.0 - 100.0),
        ({50: 88 - GRID / 50, 100: stick(100.0)}, "left_censored", 100.0 - 240.0),
        ({50: 88 - GRID / 50, 100: 89 - GRID / 50}, "invalid", None),
        ({50: stick(100.0), 100: np.full(11, 80.0)}, "no_drop", None),
        ({50: stick(100.0), 100: np.array([88.6] + [86.8] * 10)}, "left_censored", 10.0 - 100.0),
    ],
)
def test_a_censored_end_bounds_the_shift_on_one_side(
    arm_of: ViewOf, take: Take, curves: dict[int, np.ndarray], status: str, bound: float | None
):
    value = take([arm_of(size, curve) for size, curve in curves.items()], "shift_per_doubling")
    assert (value.status, value.value, bool(value.note)) == (status, None, True)
    assert value.bound == (None if bound is None else pytest.approx(bound))


def test_a_censored_end_in_the_middle_has_no_weight(arm_of: ViewOf, take: Take):
    curves = {25: stick(160.0), 50: 88 - GRID / 50, 100: stick(100.0)}
    value = take([arm_of(size, curve) for size, curve in curves.items()], "shift_per_doubling")
    assert (value.status, value.value) == ("ok", pytest.approx(-30))
    assert "not reached" in value.note


def test_one_batch_size_has_no_slope(arm_of: ViewOf, take: Take):
    twice = take([arm_of(50, stick(100.0)), arm_of(50, stick(60.0))], "shift_per_doubling")
    assert (twice.status, twice.note) == ("invalid", "p.b50 and p.b50 have one batch size")
    unknown = take([arm_of(50, stick(100.0)), arm_of(0, stick(60.0))], "shift_per_doubling")
    assert (unknown.status, "not known" in unknown.note) == ("invalid", True)


def test_each_of_several_series_must_have_its_results(arm_of: ViewOf, take: Take):
    value = take([arm_of(50, stick(100.0)), arm_of(100, GRID * np.nan)], "shift_per_doubling")
    assert (value.status, "p.b100" in value.note) == ("missing", True)


@pytest.fixture
def window(series_of: SeriesOf) -> ViewOf:
    """A sweep of the onset: a window of 20 epochs slides over the training."""

    def make(damage: Sequence[float], onsets: Sequence[int]) -> View:
        removals = [onset + 20 for onset in onsets]
        series = series_of(90 - np.array(damage), removals=removals, controls={"no_deficit": 90.0})
        conditions = tuple(
            condition.model_copy(update={"onset": onset})
            for condition, onset in zip(series.conditions, onsets, strict=True)
        )
        series = series._replace(conditions=conditions)
        return View(series, resample([series.seeds], 0, num_draws=20)[series.seeds])

    return make


def test_sensitivity_is_the_damage_of_the_window_at_that_onset(window: ViewOf, take: Take):
    view = window([1, 5, 3, 0], [0, 10, 20, 30])
    value = take(view, "onset_sensitivity", onset=10)
    assert (value.status, value.value, value.unit) == ("ok", pytest.approx(5), "pp")
    off = take(view, "onset_sensitivity", onset=11)
    assert (off.status, "no sweep point" in off.note) == ("invalid", True)


def test_sensitivity_needs_one_point_per_onset(view_of: ViewOf, take: Take):
    value = take(view_of(np.full(11, 80.0)), "onset_sensitivity", onset=0)
    assert (value.status, "several" in value.note) == ("invalid", True)


@pytest.mark.parametrize(
    ("damage", "onsets", "status", "bounds"),
    [
        ([1, 5, 3, 0], [0, 10, 20, 30], "ok", (10.0, 10.0)),
        ([5, 3, 1, 0], [0, 10, 20, 30], "ok", (0.0, 0.0)),
        ([5, 3, 1, 0], [5, 10, 20, 30], "left_censored", (0.0, 5.0)),
        ([0, 1, 3, 5], [0, 10, 20, 30], "right_censored", (30.0, None)),
        ([0, -1, 0, -2], [0, 10, 20, 30], "no_drop", (None, None)),
        ([3, 1], [0, 10], "invalid", (None, None)),
    ],
)
def test_the_peak_is_censored_at_the_edges_of_the_sweep(
    window: ViewOf,
    take: Take,
    damage: list[float],
    onsets: list[int],
    status: str,
    bounds: tuple[float | None, float | None],
):
    value = take(window(damage, onsets), "onset_peak")
    assert (value.status, (value.low, value.high), value.unit) == (status, bounds, "epoch")


def test_a_removal_sweep_has_no_peak_of_onsets(view_of: ViewOf):
    assert measure("onset_peak", {}, view_of(np.full(11, 80.0))).status == "invalid"
