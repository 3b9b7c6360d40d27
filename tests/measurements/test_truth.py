"""The closed forms that the sampler is held against, themselves held against known values."""

from collections.abc import Callable

import numpy as np
import pytest

from cpbench.measurements.truth import Array, planar_llc, quadratic_llc


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
