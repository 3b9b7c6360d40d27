"""Draws of means: the plain bootstrap, and Student's t."""

import numpy as np
import pytest
from scipy import stats

from cpbench.quantities.resampling import means_over, resample

SEEDS = tuple(range(6))
ALL = np.ones(6, dtype=np.bool_)
VALUES = np.random.default_rng(0).normal(size=(6, 2))


@pytest.mark.parametrize("k", [2, 3, 6])
def test_student_draws_are_the_t_interval_of_the_mean_also_where_seeds_have_no_number(k: int):
    values = VALUES.copy()
    values[k:, 1] = np.nan
    samples = resample([SEEDS], 1, num_draws=100_000)[SEEDS]
    drawn = means_over(samples, values, ALL)[samples.draws, 1]
    known = values[:k, 1]
    width = known.std(ddof=1) / np.sqrt(k)
    wanted = known.mean() + width * stats.t.ppf([0.1, 0.5, 0.9], k - 1)
    assert np.quantile(drawn, [0.1, 0.5, 0.9]) == pytest.approx(
        wanted, abs=0.02 * width * (4 if k == 2 else 1)
    )


def test_plain_draws_are_narrower_by_the_root_of_n_less_one_over_n():
    samples = resample([SEEDS], 1, num_draws=50_000, law="resample")[SEEDS]
    drawn = means_over(samples, VALUES, ALL)[samples.draws, 0]
    assert drawn.std() == pytest.approx(VALUES[:, 0].std(ddof=0) / np.sqrt(6), rel=0.02)


def test_columns_stay_paired_by_seed():
    both = np.stack([VALUES[:, 0], VALUES[:, 0] + 1.0], axis=1)
    for law in ("student", "resample"):
        samples = resample([SEEDS], 1, num_draws=50, law=law)[SEEDS]
        drawn = means_over(samples, both, ALL)
        assert drawn[:, 1] - drawn[:, 0] == pytest.approx(1.0)


def test_the_first_row_is_the_mean_and_the_last_are_single_seeds():
    samples = resample([SEEDS], 1, num_draws=10)[SEEDS]
    drawn = means_over(samples, VALUES, ALL)
    assert drawn[0] == pytest.approx(VALUES.mean(axis=0))
    assert drawn[samples.singles] == pytest.approx(VALUES)


def test_seeds_that_are_left_out_change_nothing_and_take_their_single_row_along():
    wild = VALUES.copy()
    wild[5] = 1e6
    kept = ALL.copy()
    kept[5] = False
    for law in ("student", "resample"):
        samples = resample([SEEDS], 1, num_draws=200, law=law)[SEEDS]
        drawn = means_over(samples, wild, kept)
        assert np.nanmax(np.abs(drawn)) < 100
        assert np.isnan(drawn[samples.singles][5]).all()


def test_one_seed_has_no_spread_and_none_no_number():
    samples = resample([(7,)], 1, num_draws=20)[7,]
    assert means_over(samples, np.array([[3.0]]), np.array([True])) == pytest.approx(3.0)
    assert np.isnan(means_over(samples, np.array([[3.0]]), np.array([False]))).all()
