"""The Gibbs sampler against quadrature, an earlier sampler and the theorems."""

from itertools import pairwise

import numpy as np
import pytest

from cpbench.errors import UsageError
from cpbench.measurements.truth import (
    Array,
    GibbsReading,
    GibbsRun,
    SquaredLoss,
    data_loss,
    gibbs,
    gibbs_llc,
    planar_llc,
    population_loss,
    quadratic_llc,
    reduced_rank_at,
    regression_data,
    teacher,
)


def seeded(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def is_within(reading: GibbsReading, truth: float, *, spread: float = 0.0) -> bool:
    return abs(reading.llc - truth) < 3 * np.hypot(reading.se, spread)


def zeros(*widths: int) -> list[Array]:
    return [np.zeros((after, before)) for before, after in pairwise(widths)]


def test_two_weights_have_the_value_of_quadrature():
    layers = zeros(1, 1, 1)
    exact = planar_llc(lambda x, y: (x * y) ** 2 / 2, nbeta=100.0, localization=1.0)
    reading = gibbs_llc(
        layers, population_loss(layers), nbeta=100.0, localization=1.0, generator=seeded()
    )
    assert reading.se < 0.03 * exact
    assert is_within(reading, exact)


def test_away_from_the_minimum_two_weights_have_the_value_of_quadrature():
    first, second, nbeta, gamma = 0.8, 0.5, 20.0, 4.0
    loss = SquaredLoss(np.array([[1.3]]), np.array([[0.9]]))
    x, y = np.meshgrid(np.linspace(-3, 4, 800), np.linspace(-3, 4, 800))
    excess = nbeta * (0.65 * (x * y) ** 2 - 0.9 * x * y - 0.65 * 0.4**2 + 0.9 * 0.4)
    density = np.exp(-excess - gamma / 2 * ((x - first) ** 2 + (y - second) ** 2))
    exact = (excess * density).sum() / density.sum()
    layers = [np.array([[first]]), np.array([[second]])]
    reading = gibbs_llc(layers, loss, nbeta=nbeta, localization=gamma, generator=seeded())
    assert exact < -0.5
    assert is_within(reading, exact)


def test_one_hidden_unit_has_the_value_of_an_integral_over_its_radius():
    inputs, outputs, nbeta, gamma = 3, 2, 200.0, 1.0
    radius = np.linspace(0, 9, 200_000)[1:]
    precision = nbeta * radius**2 + gamma
    weight = radius ** (inputs - 1) * np.exp(-gamma * radius**2 / 2) * precision ** (-outputs / 2)
    exact = np.average(outputs / 2 * nbeta * radius**2 / precision, weights=weight)
    layers = zeros(inputs, 1, outputs)
    reading = gibbs_llc(
        layers, population_loss(layers), nbeta=nbeta, localization=gamma, generator=seeded()
    )
    assert is_within(reading, exact)


def test_a_single_layer_on_data_has_the_closed_form():
    layers = teacher((4, 3), 3, seeded())
    loss = data_loss(*regression_data(layers, 50, 0.7, seeded(1), is_noise_orthogonal=True))
    curvatures = np.repeat(np.linalg.eigvalsh(loss.inputs), 3)
    exact = quadratic_llc(curvatures, nbeta=12.0, localization=5.0)
    reading = gibbs_llc(layers, loss, nbeta=12.0, localization=5.0, generator=seeded())
    assert is_within(reading, exact)


@pytest.mark.parametrize(
    ("widths", "rank", "nbeta", "value", "error"),
    [
        # Rank 0: the same for all teachers.
        ((5, 3, 5), 0, 1e2, 6.00, 0.01),
        ((5, 3, 5), 0, 1e3, 6.24, 0.01),
        ((5, 3, 5), 0, 1e4, 6.34, 0.01),
        # At this nβ the teacher's own singular values no longer show.
        ((4, 4, 4), 2, 1e4, 7.49, 0.02),
        ((6, 5, 4, 5, 6), 3, 1e4, 14.31, 0.01),
        ((10, 8, 6, 8, 10), 4, 1e4, 35.29, 0.06),
    ],
)
def test_deep_nets_have_the_values_of_an_earlier_sampler(
    widths: tuple[int, ...], rank: int, nbeta: float, value: float, error: float
):
    layers = teacher(widths, rank, seeded())
    reading = gibbs_llc(
        layers, population_loss(layers), nbeta=nbeta, localization=1.0, generator=seeded(1)
    )
    assert reading.se < 0.01 * value
    assert is_within(reading, value, spread=error)


@pytest.mark.parametrize(("first_rank", "second_rank"), [(4, 1), (4, 2), (5, 1)])
def test_layers_of_higher_rank_have_the_local_value(first_rank: int, second_rank: int):
    generator, rank = seeded(1), 1
    first, second = zeros(6, 5, 6)
    first[:first_rank] = np.linalg.qr(generator.standard_normal((6, first_rank))).Q.T
    read = [0, *range(first_rank, first_rank + second_rank - rank)]
    second[:, read] = np.linalg.qr(generator.standard_normal((6, second_rank))).Q
    truth = reduced_rank_at(6, 5, 6, rank, first_rank, second_rank)
    reading = gibbs_llc(
        [first, second],
        population_loss([first, second]),
        nbeta=1e6,
        localization=100.0,
        generator=generator,
        run=GibbsRun(num_sweeps=1500),
    )
    assert reading.llc == pytest.approx(float(truth.value), rel=0.02)


def test_the_error_is_that_of_repeated_runs():
    layers = zeros(2, 1, 2)
    generator, run = seeded(), GibbsRun(num_sweeps=200, num_burnin_sweeps=20)
    readings = [
        gibbs_llc(
            layers,
            population_loss(layers),
            nbeta=100.0,
            localization=1.0,
            generator=generator,
            run=run,
        )
        for _ in range(30)
    ]
    spread = np.std([reading.llc for reading in readings], ddof=1)
    assert 0.7 * spread < np.mean([reading.se for reading in readings]) < 2 * spread


def test_the_batch_error_sees_autocorrelation():
    generator, memory = seeded(), 0.9
    draws = generator.standard_normal((3000, 4))
    for at in range(1, len(draws)):
        draws[at] += memory * draws[at - 1]
    honest = 1 / (1 - memory) / np.sqrt(draws.size)
    assert gibbs._batch_error(draws) == pytest.approx(honest, rel=0.25)
    assert draws.std() / np.sqrt(draws.size) < 0.3 * honest


def test_the_chain_error_sees_chains_that_have_not_met():
    draws = seeded().standard_normal((1000, 4)) + np.array([0.0, 0.0, 5.0, 5.0])
    assert gibbs._chain_error(draws) == pytest.approx(np.sqrt(25 / 3 / 4), rel=0.05)


@pytest.mark.parametrize("localization", [0.0, -1.0, float("nan")])
def test_a_target_without_a_localizer_is_refused(localization: float):
    layers = zeros(1, 1, 1)
    loss = population_loss(layers)
    with pytest.raises(UsageError, match="must be positive"):
        gibbs_llc(layers, loss, nbeta=1.0, localization=localization, generator=seeded())


@pytest.mark.parametrize("run", [GibbsRun(num_chains=1), GibbsRun(num_sweeps=7)])
def test_a_run_too_small_for_an_error_is_refused(run: GibbsRun):
    layers = zeros(1, 1, 1)
    loss = population_loss(layers)
    with pytest.raises(UsageError, match="no standard error"):
        gibbs_llc(layers, loss, nbeta=1.0, localization=1.0, generator=seeded(), run=run)
