"""The closed forms that the sampler is held against, themselves held against known values."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest

from cpbench.errors import UsageError
from cpbench.measurements.truth import (
    Array,
    planar_llc,
    quadratic_bias_estimate,
    quadratic_llc,
)


def half_squared_product(x: Array, y: Array) -> Array:
    return (x * y) ** 2 / 2


def half_cusp(x: Array, y: Array) -> Array:
    return x**2 * y**4 / 2


def sum_of_powers(x: Array, y: Array) -> Array:
    return x**2 + y**4


def bowl(x: Array, y: Array) -> Array:
    return (x**2 + 4 * y**2) / 2


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (half_squared_product, (0.3388, 0.3813, 0.4067, 0.4232)),  # → 1/2, multiplicity 2
        (half_cusp, (0.1976, 0.2201, 0.2331, 0.2405)),  # → 1/4
        (sum_of_powers, (0.7392, 0.7471, 0.7491, 0.7497)),  # → 3/4
        (bowl, (0.9938, 0.9994, 0.9999, 1.0000)),  # → 2/2
    ],
)
def test_quadrature_climbs_to_the_learning_coefficient(
    loss: Callable[[Array, Array], Array], expected: tuple[float, ...]
):
    values = [planar_llc(loss, nbeta=10.0**k, localization=1.0) for k in (2, 3, 4, 5)]
    assert values == pytest.approx(expected, abs=1e-4)


def test_quadrature_agrees_with_the_closed_form_of_a_bowl():
    exact = quadratic_llc(np.array([1.0, 4.0]), nbeta=30.0, localization=7.0)
    assert planar_llc(bowl, nbeta=30.0, localization=7.0) == pytest.approx(exact, abs=1e-6)


def test_a_regular_model_has_half_its_dimension():
    curvatures = np.geomspace(0.5, 5.0, 20)
    assert quadratic_llc(curvatures, nbeta=1e9, localization=1.0) == pytest.approx(10)


def test_the_discretized_value_is_that_of_the_recursion_run_in_its_moments():
    nbeta, gamma, step, curvature = 50.0, 3.0, 0.01, 2.0
    precision = nbeta * curvature + gamma
    variance = 0.0
    for _ in range(2000):
        variance = (1 - step * precision / 2) ** 2 * variance + step
    value = quadratic_llc(np.array([curvature]), nbeta=nbeta, localization=gamma, step_size=step)
    assert value == pytest.approx(nbeta * curvature * variance / 2)


class Noisy(NamedTuple):
    nbeta: float = 9.0
    localization: float = 2.0
    step_size: float = 0.02
    gradient_variance: float = 100.0
    curvature_variance: float = 40.0


def test_minibatch_noise_enters_as_in_the_recursion_simulated():
    generator, noisy, pull = np.random.default_rng(0), Noisy(), 18.0
    step, kappa = noisy.step_size, noisy.curvature_variance
    offset = np.zeros(100_000)
    gradient = np.zeros_like(offset)
    for _ in range(60):
        first, second, third = generator.standard_normal((3, len(offset)))
        noise = np.sqrt(noisy.gradient_variance) * first + np.sqrt(kappa) * offset * second
        before, gradient = offset, pull * offset + noise
        force = gradient + noisy.localization * offset
        offset = offset - step / 2 * force + np.sqrt(step) * third
    for draws, expected in (
        (pull * offset**2 / 2, quadratic_llc(np.array([2.0]), **noisy._asdict())),
        (
            step / 8 * gradient * (gradient + noisy.localization * before),
            quadratic_bias_estimate(np.array([2.0]), **noisy._asdict()),
        ),
    ):
        assert abs(draws.mean() - expected) < 3 * draws.std() / np.sqrt(len(draws))


def test_the_bias_estimate_is_the_whole_bias_of_full_batches():
    curvatures = np.geomspace(0.01, 5.0, 8)
    found = quadratic_llc(curvatures, nbeta=30.0, localization=20.0, step_size=0.015)
    exact = quadratic_llc(curvatures, nbeta=30.0, localization=20.0)
    bias = quadratic_bias_estimate(curvatures, nbeta=30.0, localization=20.0, step_size=0.015)
    assert found - exact > 1
    assert found - bias == pytest.approx(exact)


def test_with_minibatches_the_bias_estimate_is_a_bound_that_the_localizer_loosens():
    surplus = []
    for noisy in (Noisy(0.5, gamma, 0.02, 30.0, 0.0) for gamma in (0.01, 50.0)):
        found = quadratic_llc(np.array([40.0]), **noisy._asdict())
        perfect = quadratic_llc(np.array([40.0]), nbeta=0.5, localization=noisy.localization)
        bias = quadratic_bias_estimate(np.array([40.0]), **noisy._asdict())
        surplus.append(bias / (found - perfect) - 1)
    assert 0 < surplus[0] < 0.01
    assert surplus[1] > 0.3


@pytest.mark.parametrize(("step_size", "curvature_variance"), [(0.2, 0.0), (0.02, 4000.0)])
def test_a_step_without_a_stationary_state_is_refused(step_size: float, curvature_variance: float):
    noisy = Noisy(step_size=step_size, curvature_variance=curvature_variance)
    for answer in (quadratic_llc, quadratic_bias_estimate):
        with pytest.raises(UsageError, match="no stationary state"):
            answer(np.array([2.0]), **noisy._asdict())
