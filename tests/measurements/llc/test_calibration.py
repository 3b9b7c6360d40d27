"""The ladder finds steps that are neither unsafe nor idle, and pulls that equilibrate."""

import numpy as np
import pytest
import torch
from measurements.llc.subjects import of_formula
from torch import Tensor

from cpbench.measurements.truth import quadratic_bias_estimate, quadratic_llc

FEW = {"num_burnin_steps": 300, "num_draws": 20}


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_the_step_suits_the_curvature_whatever_its_scale(scale: float):
    curvatures = scale * np.geomspace(0.2, 5, 12)
    held = torch.tensor(curvatures, dtype=torch.float32)
    reading = of_formula(
        lambda weights: (held * weights**2).sum() / 2, start=(0.0,) * 12, nbeta=50.0, **FEW
    )
    conditions = reading.conditions
    law = {key: getattr(conditions, key) for key in ("nbeta", "localization", "step_size")}
    share = quadratic_bias_estimate(curvatures, **law) / quadratic_llc(curvatures, **law)
    assert 0.03 < share < 0.2
    assert conditions.equilibration == pytest.approx(4)


def test_what_is_given_bounds_the_step():
    """A strong pull is a curvature too: with it the step must be smaller."""

    def bowl(weights: Tensor) -> Tensor:
        return weights.square().sum() / 2

    steps = [
        of_formula(bowl, nbeta=50.0, localization=gamma, **FEW).conditions.step_size
        for gamma in (10.0, 1e4)
    ]
    assert steps[1] < steps[0] / 10
    assert steps[1] * 1e4 < 4


def test_hot_chains_start_as_wide_as_the_pull_and_cold_ones_at_the_weights():
    law = {"nbeta": 1e-3, "localization": 16.0, "step_size": 1e-9}
    reading = of_formula(
        lambda weights: weights.square().mean(),
        start=(0.0,) * 200,
        num_chains=9,
        num_burnin_steps=1,
        num_draws=20,
        **law,
    )
    by_chain = reading.trace.mean(0) / 1e-3  # mean square of w − w*
    assert by_chain[:5] == pytest.approx(np.zeros(5), abs=1e-6)
    assert by_chain[5:] == pytest.approx(np.full(4, 1 / 16), rel=0.3)


def test_hot_chains_start_no_further_than_the_loss_lets_them():
    law = {"nbeta": 1e4, "localization": 1.0, "step_size": 1e-9}
    reading = of_formula(
        lambda weights: weights.square().sum(),
        start=(0.0,) * 20,
        num_burnin_steps=1,
        num_draws=20,
        **law,
    )
    hot = reading.trace[:, 4:]
    assert hot.min() > 1
    assert hot.max() < 5 * 20  # U of noise N(0, I/γ) would be 200 000


def test_a_minimum_that_hardens_outwards_gets_a_step_that_survives():
    reading = of_formula(
        lambda weights: (weights**4).sum(), start=(0.0,) * 10, nbeta=1e4, num_draws=200
    )
    assert reading.llc is not None
    assert "step or minibatch bias over 30 %" not in reading.reasons
    assert reading.llc == pytest.approx(10 / 4, rel=0.3)
