"""λ̂ from tidy rows to readings and to the differences that are fair."""

from collections.abc import Iterable
from typing import Any

import pytest

from cpbench.records.llc import LlcContrast, LlcPoint
from cpbench.records.results import Row, read_results, write_results
from cpbench.records.series import Series
from cpbench.scoring import score
from cpbench.scoring.llc import llc_contrasts

Bench = Any  # the class stands in conftest.py, which tests cannot import

SETTINGS = {"impaired": 0.0, "nbeta": 21.7, "localization": 100.0, "batch_size": 100.0}
SETTINGS |= {"num_draws": 300.0, "num_weights": 26122.0, "num_live_weights": 24970.0}


def rows_of(value: float, **place: object) -> Iterable[Row]:
    numbers = {"raw": value + 0.2, "bias": 0.2, "se": 0.1, "low": value - 0.2, "high": value + 0.4}
    base = Row("blur", "slow", "", "removal=40", 40, 0, 0, "llc", "final", 50, "", 0.0, "1", "ok")
    base = base._replace(**place)
    yield base._replace(name="llc", value=value)
    for name, number in (numbers | SETTINGS).items():
        yield base._replace(name=f"llc_{name}", value=number)


def slow(bench: Bench, *readings: Iterable[Row]) -> Series:
    bench.run()
    path = bench.project.result("blur")
    write_results(path, [*read_results(path), *(row for rows in readings for row in rows)])
    return next(each for each in score(bench.project).series if each.arm == "slow")


def test_a_reading_carries_its_bracket_its_settings_and_what_its_run_was_trained_for(bench: Bench):
    (point,) = slow(bench, rows_of(2.0)).llc
    assert (point.llc, point.low, point.high) == (2.0, 1.8, 2.4)
    assert (point.measurement, point.impaired, point.batch_size) == ("llc", False, 100)
    assert (point.num_weights, point.num_live_weights) == (26122, 24970)
    assert (point.steps, point.final_lr) == (100, 0.05)


def test_the_deficit_is_set_against_its_own_control_paired_by_seed(bench: Bench):
    series = slow(
        bench,
        rows_of(1.0),
        rows_of(2.5, control="no_deficit"),
        rows_of(1.5, seed=1),
        rows_of(2.0, seed=1, control="no_deficit"),
        rows_of(9.0, seed=2),
    )
    (contrast,) = series.llc_contrasts
    assert (contrast.other_arm, contrast.other_control) == ("slow", "no_deficit")
    assert (contrast.mean, contrast.low, contrast.high) == (-1.0, -1.5, -0.5)
    assert (contrast.n, contrast.apart, contrast.left_out) == (2, 1, 1)


def test_another_arm_of_other_total_steps_is_not_compared(bench: Bench):
    series = slow(bench, rows_of(1.0), rows_of(2.0, arm="fast"))
    (contrast,) = series.llc_contrasts
    assert (contrast.other_arm, contrast.mean, contrast.n) == ("fast", None, 0)
    assert contrast.problem == "trained for 100 and 200 steps"


def test_at_removal_zero_nothing_is_compared(bench: Bench):
    place = {"removal": 0, "point": "removal=0"}
    series = slow(bench, rows_of(1.0, **place), rows_of(2.0, control="no_deficit", **place))
    assert len(series.llc) == 2
    assert series.llc_contrasts == ()


POINT = LlcPoint(
    measurement="llc",
    control="",
    removal=40,
    seed=0,
    at="final",
    epoch=50,
    llc=1.0,
    impaired=False,
    nbeta=21.7,
    localization=100.0,
    batch_size=100,
    num_draws=300,
    steps=100,
    final_lr=0.05,
    status="ok",
)


def contrast(**changes: object) -> LlcContrast:
    """Return how a reading compares with one of another arm that differs as told."""
    (found,) = llc_contrasts("a", {"a": [POINT], "b": [POINT.model_copy(update=changes)]})
    return found


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"final_lr": 0.01}, "final learning rates 0.05 and 0.01"),
        ({"steps": None}, "the plan does not say how long they were trained"),
        ({"nbeta": 10.0}, "read on different losses or under different settings"),
        ({"impaired": True}, "read on different losses or under different settings"),
        ({"status": "flagged(r-hat)"}, "in no seed did both readings pass the checks"),
        ({"seed": 1}, "no seed was read on both sides"),
    ],
    ids=str,
)
def test_sides_that_differ_in_more_than_the_deficit_say_so(
    changes: dict[str, object], problem: str
):
    found = contrast(**changes)
    assert (found.problem, found.mean, found.n) == (problem, None, 0)


def test_equal_sides_differ_by_nothing():
    assert (contrast().mean, contrast().n, contrast().problem) == (0.0, 1, "")


def test_readings_before_the_end_are_never_compared():
    early = POINT.model_copy(update={"at": "removal"})
    assert llc_contrasts("a", {"a": [early], "b": [early]}) == ()


def test_one_removal_epoch_has_no_drop(bench: Bench):
    text = bench.project.protocol("blur").read_text()
    sweep = "sweep: {removal: [0, 10, 20, 40, 80, 120]}"
    assert sweep in text
    bench.project.protocol("blur").write_text(text.replace(sweep, "sweep: {removal: [40]}"))
    bench.run()
    for series in score(bench.project).series:
        assert (series.drop.status, series.drop.note) == (
            "missing",
            "there is one removal epoch only",
        )
