"""Two moments hold all that the loss of a linear net needs of its data."""

import numpy as np
import pytest

from cpbench.measurements.truth import data_loss, population_loss, product


def test_the_excess_is_the_difference_of_two_mean_losses():
    generator = np.random.default_rng(0)
    inputs, targets = generator.standard_normal((40, 3)), generator.standard_normal((40, 2))
    maps, reference = generator.standard_normal((5, 2, 3)), generator.standard_normal((2, 3))

    def mean_loss(whole: np.ndarray) -> float:
        return 0.5 * np.mean(np.sum((targets - inputs @ whole.T) ** 2, axis=1))

    expected = [mean_loss(each) - mean_loss(reference) for each in maps]
    assert data_loss(inputs, targets).excess(maps, reference) == pytest.approx(expected)


def test_the_slope_is_that_of_the_excess():
    generator = np.random.default_rng(1)
    loss = data_loss(generator.standard_normal((20, 3)), generator.standard_normal((20, 2)))
    whole, change = generator.standard_normal((2, 2, 3))
    rise = loss.excess(whole + 1e-6 * change, whole) / 1e-6
    assert rise == pytest.approx(np.sum(loss.slope(whole) * change), rel=1e-4)


def test_endless_data_have_the_teacher_for_their_minimum():
    layers = [np.array([[1.0, 2.0], [0.0, 1.0]]), np.array([[3.0, -1.0]])]
    loss = population_loss(layers)
    assert product(layers) == pytest.approx(np.array([[3.0, 5.0]]))
    assert not loss.slope(product(layers)).any()
    assert loss.excess(product(layers) + 0.2, product(layers)) == pytest.approx(0.04)
