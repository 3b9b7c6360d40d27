"""Where curves end, against exact curves and the pilot study's table (20 seeds, means to 0.1 %)."""

import itertools
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import curve_fit, minimize_scalar

from cpbench.quantities import View, measure, to_value
from cpbench.quantities.broken_stick import fit_sticks
from cpbench.quantities.level_crossing import first_crossing
from cpbench.records.series import Value
from cpbench.specs.quantities import QUANTITIES, unit_of

ViewOf = Callable[..., View]
GRID = np.array([0, 10, 20, 40, 60, 80, 120, 160, 240, 320, 480.0])
PILOT = {
    "b25": [88.9, 87.9, 87.0, 86.2, 85.9, 85.6, 84.2, 84.2, 84.1, 84.4, 84.0],
    "b50": [88.6, 88.1, 87.6, 86.7, 86.2, 85.5, 84.6, 84.5, 83.6, 84.2, 82.9],
    "b100": [88.4, 88.3, 87.7, 87.4, 86.9, 86.6, 85.9, 85.5, 84.6, 83.9, 83.4],
    "flip": [88.6, 88.3, 88.5, 88.6, 88.3, 88.4, 88.6, 88.4, 88.3, 88.3, 88.4],
    "permutation": [88.6, 86.9, 86.9, 86.7, 86.8, 86.5, 86.9, 86.7, 86.5, 86.7, 86.8],
}


def stick(position: float, *, level: float = 80.0, slope: float = -0.1) -> np.ndarray:
    return level + slope * np.minimum(GRID - position, 0)


def taken(view: View, name: str, **given: str | int) -> Value:
    defaults = {key: each.default for key, each in QUANTITIES[name].parameters.items()}
    arguments = {key: value for key, value in defaults.items() if value} | given
    return to_value(measure(name, arguments, view), view, expr=name, unit=unit_of(name, arguments))


@pytest.mark.parametrize("position", [15.0, 40.0, 97.3, 160.0, 239.0])
def test_the_break_of_an_exact_stick_is_found(view_of: ViewOf, position: float):
    value = taken(view_of(stick(position)), "end")
    assert value.status == "ok"
    assert value.value == pytest.approx(position)
    assert (value.low, value.high) == (pytest.approx(position), pytest.approx(position))


def test_a_flat_or_rising_curve_has_no_end(view_of: ViewOf):
    for curve in (np.full(11, 88.0), PILOT["flip"], 80 + GRID / 100):
        value = taken(view_of(curve), "end")
        assert (value.status, value.value, value.low) == ("no_drop", None, None)


def test_a_curve_that_falls_to_the_last_removal_has_not_ended(view_of: ViewOf):
    for curve in (88 - GRID / 50, stick(400.0)):
        value = taken(view_of(curve), "end")
        assert (value.status, value.value, value.bound, value.high) == (
            "right_censored",
            None,
            240.0,
            None,
        )


def test_a_drop_within_the_first_interval_has_ended_by_its_end(view_of: ViewOf):
    value = taken(view_of([88.6] + [86.8] * 10), "end")
    assert (value.status, value.low, value.bound, value.high) == ("left_censored", 0.0, 10.0, 10.0)


def test_no_other_break_fits_the_pilot_better():
    for name in ("b25", "b50", "b100"):
        curve = np.array(PILOT[name])

        def error(position: float, curve: np.ndarray = curve) -> float:
            design = np.column_stack([np.ones(11), np.minimum(GRID - position, 0)])
            return float(
                ((curve - design @ np.linalg.lstsq(design, curve, rcond=None)[0]) ** 2).sum()
            )

        found = fit_sticks(GRID, curve[None, :]).position[0]
        scanned = [
            minimize_scalar(error, bounds=pair, method="bounded").fun
            for pair in itertools.pairwise(GRID[1:])
        ]
        assert error(found) <= min(scanned) + 1e-9


def test_the_pilot_ends_where_its_report_says():
    found = fit_sticks(GRID, np.array([PILOT[name] for name in ("b25", "b50", "b100")]))
    assert found.position == pytest.approx([104, 137, 278], abs=3)
    assert list(found.has_plateau) == [True, True, False]


def test_half_of_the_pilots_damage_is_done_where_its_report_says(view_of: ViewOf):
    assert taken(view_of(PILOT["b25"]), "half").value == pytest.approx(31, abs=3)
    assert taken(view_of(PILOT["b50"]), "half").value == pytest.approx(58, abs=3)
    late = taken(view_of(PILOT["b100"]), "half")
    assert (late.status, late.high) == ("right_censored", None)
    assert late.bound is not None
    assert late.bound >= 90


def test_half_of_a_straight_fall_lies_half_way_and_drop90_at_nine_tenths(view_of: ViewOf):
    view = view_of(stick(160.0), controls={"no_deficit": 96.0, "never_removed": 40.0})
    assert taken(view, "half").value == pytest.approx(80)
    assert taken(view, "end", estimator="drop90").value == pytest.approx(144)


def test_a_floor_of_never_needs_no_plateau_but_must_be_reached(view_of: ViewOf):
    falling = 96 - GRID / 10
    reached = view_of(falling, controls={"no_deficit": 96.0, "never_removed": 60.0})
    assert taken(reached, "half", floor="never").value == pytest.approx(180)
    beyond = view_of(falling, controls={"no_deficit": 96.0, "never_removed": -10.0})
    assert taken(beyond, "half", floor="never").bound == 480.0


def test_the_logistic_end_agrees_with_scipy(view_of: ViewOf):
    def logistic(
        x: np.ndarray, level: float, drop: float, middle: float, width: float
    ) -> np.ndarray:
        return level + drop / (1 + np.exp((x - middle) / width))

    noise = np.random.default_rng(0).normal(size=11) * 0.1
    curve = logistic(GRID, 82.0, 7.0, 90.0, 25.0) + noise
    fitted = curve_fit(logistic, GRID, curve, p0=[82, 7, 90, 25])[0]
    expected = fitted[2] + fitted[3] * np.log(9)
    assert taken(view_of(curve), "end", estimator="logistic").value == pytest.approx(
        expected, rel=0.02
    )


def test_steps_and_examples_are_the_epochs_converted(view_of: ViewOf):
    view = view_of(stick(97.0))
    assert taken(view, "end", axis="steps").value == pytest.approx(194)
    assert taken(view, "end", axis="examples").value == pytest.approx(9700)


def test_lr_steps_left_are_exact_for_an_exponential_law_and_turn_bounds_round(view_of: ViewOf):
    assert taken(view_of(stick(97.0)), "end", axis="lr_steps").value == pytest.approx(50 * 0.98**97)
    late = taken(view_of(stick(400.0)), "end", axis="lr_steps")
    assert (late.status, late.low) == ("left_censored", 0.0)
    assert late.bound == pytest.approx(50 * 0.98**240)


def lr_steps_left(view: View, left: np.ndarray) -> View:
    conditions = tuple(
        each.model_copy(update={"lr_steps_left": float(value)})
        for each, value in zip(view.series.conditions, left, strict=True)
    )
    return replace(view, series=view.series._replace(conditions=conditions))


def test_lr_steps_that_run_out_are_interpolated_straight(view_of: ViewOf):
    view = lr_steps_left(view_of(stick(100.0)), 480 - GRID)
    assert taken(view, "end", axis="lr_steps").value == pytest.approx(380)


def test_lr_steps_that_do_not_fall_are_no_axis(view_of: ViewOf):
    value = taken(lr_steps_left(view_of(stick(100.0)), 1 + GRID), "end", axis="lr_steps")
    assert (value.status, "does not fall" in value.note) == ("invalid", True)


def test_a_crossing_is_interpolated_and_absent_where_the_level_is_not_reached():
    curves = np.array([[10.0, 8.0, 4.0], [3.0, 2.0, 1.0], [9.0, 9.0, 9.0]])
    found = first_crossing(np.array([0.0, 1.0, 2.0]), curves, np.array([6.0, 5.0, 5.0]))
    assert found[:2] == pytest.approx([1.5, 0.0])
    assert np.isnan(found[2])


def test_an_absolute_floor_is_crossed_at_its_level_whatever_the_model(view_of: ViewOf):
    view = view_of(stick(160.0), controls={"no_deficit": 96.0})
    absolute = {"floor": "absolute", "level": 90.0}
    assert taken(view, "end", estimator="drop90", **absolute).value == pytest.approx(60)
    assert taken(view, "half", **absolute).value == pytest.approx(30)
    straight = view_of(96 - GRID / 10, controls={"no_deficit": 96.0})
    assert taken(straight, "end", estimator="drop90", **absolute).value == pytest.approx(60)
    flat = taken(
        view_of(np.full(11, 95.0), controls={"no_deficit": 96.0}),
        "end",
        estimator="drop90",
        **absolute,
    )
    assert (flat.status, flat.bound) == ("right_censored", 480.0)


def test_a_tail_is_a_floor_once_four_removals_lie_beyond_the_crossing(view_of: ViewOf):
    controls = {"no_deficit": 96.0}
    ended = taken(view_of(stick(160.0), controls=controls), "half", floor="tail")
    assert (ended.status, ended.value) == ("ok", pytest.approx(80))
    falling = taken(
        view_of(96 - GRID / 10, controls=controls), "end", estimator="drop90", floor="tail"
    )
    assert (falling.status, falling.high) == ("right_censored", None)
    assert falling.bound is not None
    assert falling.bound > 160


def test_a_tail_needs_seven_removals(view_of: ViewOf):
    few = view_of(
        [88, 84, 80, 80, 80, 80], removals=GRID[:6].astype(int), controls={"no_deficit": 88}
    )
    value = taken(few, "half", floor="tail")
    assert (value.status, "7 removal epochs" in value.note) == ("invalid", True)
    assert taken(few, "half").status == "ok"


@pytest.mark.parametrize(
    ("currency", "axis"),
    [("epochs", "epochs"), ("steps", "steps"), ("examples", "examples"), ("lr", "lr_steps")],
)
def test_the_budget_at_the_end_is_the_end_on_that_axis(view_of: ViewOf, currency: str, axis: str):
    view = view_of(stick(97.0))
    budget, end = taken(view, "budget_at_end", **{"in": currency}), taken(view, "end", axis=axis)
    assert budget.model_copy(update={"expr": "end"}) == end
    assert budget.status == "ok"
