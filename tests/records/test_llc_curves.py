"""What may join a curve of λ̂: readings of one loss, under the same settings, and nothing else."""

import pytest

from cpbench.records.llc import LlcPoint
from cpbench.records.llc_curves import comparable, curves, settings_of

POINT = LlcPoint(
    measurement="llc",
    control="",
    removal=0,
    seed=0,
    at="final",
    epoch=100,
    llc=2.0,
    impaired=False,
    nbeta=21.7,
    localization=100.0,
    batch_size=100,
    num_draws=300,
    status="ok",
)


def point(**changes: object) -> LlcPoint:
    return POINT.model_copy(update=changes)


def removals(*points: LlcPoint) -> list[list[int]]:
    return [[each.removal for each in curve] for curve in curves("b50", points)]


def test_readings_under_equal_settings_join_in_the_order_of_their_removals():
    assert removals(point(removal=480), point(), point(removal=40)) == [[0, 40, 480]]


@pytest.mark.parametrize(
    "other",
    [
        {"impaired": True},
        {"nbeta": 21.8},
        {"localization": 101.0},
        {"batch_size": 50},
        {"num_draws": 600},
        {"measurement": "llc_clean"},
    ],
    ids=str,
)
def test_another_loss_or_another_setting_neither_joins_nor_compares(other: dict[str, object]):
    assert not comparable(POINT, point(**other))
    assert len(curves("b50", [POINT, point(removal=40, **other)])) == 2


@pytest.mark.parametrize("other", [{"seed": 1}, {"control": "no_deficit"}, {"at": "removal"}])
def test_another_seed_control_or_moment_is_another_curve(other: dict[str, object]):
    assert len(curves("b50", [POINT, point(removal=40, **other)])) == 2


def test_a_failed_reading_is_a_gap_that_no_line_crosses():
    failed = point(removal=40, llc=None, nbeta=None, status="failed(x)")
    assert removals(POINT, failed, point(removal=480)) == [[0], [40], [480]]


def test_a_change_of_loss_along_a_run_cuts_it_and_it_is_not_joined_across():
    run = [point(at="every", epoch=epoch, impaired=epoch == 40) for epoch in (80, 0, 40, 120)]
    assert [[each.epoch for each in curve] for curve in curves("b50", run)] == [
        [0],
        [40],
        [80, 120],
    ]


def test_two_runs_of_one_seed_are_two_curves_along_their_epochs():
    runs = [point(at="every", epoch=e, removal=r) for r in (0, 480) for e in (0, 40)]
    assert [len(curve) for curve in curves("b50", runs)] == [2, 2]


def test_a_reading_that_does_not_say_its_settings_joins_nothing():
    silent = point(nbeta=None)
    assert settings_of(silent) is None
    assert not comparable(silent, silent)
