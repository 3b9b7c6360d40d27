"""Teachers have the rank they claim, and fits are minima as far as they claim to be."""

from itertools import pairwise

import numpy as np
import pytest

from cpbench.errors import UsageError
from cpbench.measurements.truth import (
    Array,
    SquaredLoss,
    data_loss,
    fit,
    population_loss,
    product,
    regression_data,
    teacher,
)

NETS = [((4, 6), 4), ((5, 3, 4), 3), ((6, 4, 5), 2), ((6, 5, 4, 5, 6), 3), ((4, 3, 4), 0)]


def seeded(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def noisy(layers: list[Array], *, noise: float = 0.5) -> SquaredLoss:
    return data_loss(*regression_data(layers, 80, noise, seeded(1)))


def gradients(layers: list[Array], loss: SquaredLoss) -> list[Array]:
    slope = loss.slope(product(layers))
    outputs, inputs = slope.shape
    return [
        product([*layers[at + 1 :], np.eye(outputs)]).T
        @ slope
        @ product([np.eye(inputs), *layers[:at]]).T
        for at in range(len(layers))
    ]


def shaken(layers: list[Array], size: float, generator: np.random.Generator) -> list[Array]:
    return [layer + size * generator.standard_normal(layer.shape) for layer in layers]


@pytest.mark.parametrize(("widths", "rank"), NETS)
def test_every_layer_and_the_product_have_the_rank(widths: tuple[int, ...], rank: int):
    layers = teacher(widths, rank, seeded())
    assert [layer.shape for layer in layers] == [
        (after, before) for before, after in pairwise(widths)
    ]
    for layer in [*layers, product(layers)]:
        assert np.linalg.matrix_rank(layer) == rank
    for layer in layers:
        values = np.linalg.svd(layer).S[:rank]
        assert np.all((values > 0.7 - 1e-9) & (values < 1.5 + 1e-9))


def test_a_rank_wider_than_the_net_is_refused():
    with pytest.raises(UsageError, match="rank 4 does not fit"):
        teacher((5, 3, 5), 4, seeded())


def test_the_data_are_the_teachers_with_noise_of_the_size_given():
    layers = teacher((4, 3, 5), 2, seeded())
    inputs, targets = regression_data(layers, 20_000, 0.5, seeded(1))
    assert inputs.T @ inputs / len(inputs) == pytest.approx(np.eye(4), abs=0.05)
    assert (targets - inputs @ product(layers).T).std() == pytest.approx(0.5, rel=0.02)


def test_orthogonal_noise_leaves_the_teacher_a_minimum_but_not_of_single_examples():
    layers = teacher((4, 3, 5), 2, seeded())
    inputs, targets = regression_data(layers, 80, 0.5, seeded(1), is_noise_orthogonal=True)
    assert data_loss(inputs, targets).slope(product(layers)) == pytest.approx(0, abs=1e-12)
    assert abs(data_loss(inputs[:8], targets[:8]).slope(product(layers))).max() > 0.05
    assert (targets - inputs @ product(layers).T).std() == pytest.approx(0.5, rel=0.1)


@pytest.mark.parametrize(("widths", "rank"), NETS)
def test_a_fit_has_no_gradient_keeps_its_ranks_and_betters_the_teacher(
    widths: tuple[int, ...], rank: int
):
    layers = teacher(widths, rank, seeded())
    loss = noisy(layers)
    fitted = fit(layers, loss)
    for layer, gradient in zip(fitted, gradients(fitted, loss), strict=True):
        assert gradient == pytest.approx(0, abs=1e-9)
        assert np.linalg.matrix_rank(layer, tol=1e-9) == rank
    gain = loss.excess(product(layers), product(fitted))
    assert gain > 0.01 if rank else gain == pytest.approx(0)


def test_a_fit_without_spare_width_is_a_global_minimum():
    generator = seeded(2)
    layers = teacher((5, 3, 4), 3, seeded())
    loss = noisy(layers)
    fitted = fit(layers, loss)
    for size in (1e-3, 1e-2, 0.1, 1.0):
        for _ in range(200):
            other = product(shaken(fitted, size, generator))
            assert loss.excess(other, product(fitted)) > 0


def test_no_net_of_the_rank_is_below_the_fit():
    generator = seeded(2)
    layers = teacher((6, 4, 5), 2, seeded())
    loss = noisy(layers)
    best = product(fit(layers, loss))
    left, values, right = np.linalg.svd(best)
    thin = [values[:2, None] * right[:2], left[:, :2]]
    for size in (1e-3, 1e-2, 0.1, 1.0):
        for _ in range(200):
            assert loss.excess(product(shaken(thin, size, generator)), best) > 0


def test_with_spare_width_and_noise_the_fit_is_a_saddle():
    layers = teacher((6, 4, 5), 2, seeded())
    loss = noisy(layers)
    first, second = fit(layers, loss)
    idle = np.linalg.svd(first).U[:, 3:]
    into, _, out = np.linalg.svd(-loss.slope(second @ first))
    lower = [first + 0.1 * idle @ out[:1], second + 0.1 * into[:, :1] @ idle.T]
    assert loss.excess(product(lower), second @ first) < -1e-5


def test_without_noise_the_fit_is_the_teacher():
    layers = teacher((6, 5, 4, 6), 3, seeded())
    for loss in (noisy(layers, noise=0.0), population_loss(layers)):
        for fitted, taught in zip(fit(layers, loss), layers, strict=True):
            assert fitted == pytest.approx(taught, abs=1e-9)


def test_with_little_noise_the_fit_stays_near_the_teacher():
    layers = teacher((6, 5, 4, 6), 3, seeded())
    moved = fit(layers, noisy(layers, noise=0.01))
    assert max(abs(a - b).max() for a, b in zip(moved, layers, strict=True)) < 0.02


def test_inputs_that_leave_a_direction_open_are_refused():
    layers = teacher((5, 3, 4), 3, seeded())
    with pytest.raises(UsageError, match="do not span"):
        fit(layers, data_loss(*regression_data(layers, 4, 0.5, seeded(1))))
