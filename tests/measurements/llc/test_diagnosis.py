"""Readings that must not be believed are not ok, and say why."""

import re
from typing import Any

import numpy as np
import pytest
import torch
from measurements.llc.subjects import (
    linear_net,
    mlp,
    of_formula,
    random,
    seeded,
    tensors,
    vectors,
    with_weights,
)
from torch import Tensor, nn

import cpbench
from cpbench.measurements.llc import estimation
from cpbench.measurements.llc.estimation import estimate
from cpbench.measurements.llc.settings import Settings
from cpbench.measurements.llc.surface import Point
from cpbench.measurements.truth import regression_data


def bowl(weights: Tensor) -> Tensor:
    return weights.square().sum()


def test_weights_beside_the_minimum_are_flagged():
    layers = [np.ones((1, 5))]
    inputs, targets = tensors(regression_data(layers, 200, 1.0, random(), is_noise_orthogonal=True))
    sizes = {"num_draws": 200, "max_draws": 200, "nbeta": 200.0, "localization": 50.0}
    beside, at = (
        cpbench.llc(linear_net([np.full((1, 5), each)]), inputs, targets, "squared_error", **sizes)
        for each in (1.5, 1.0)
    )
    assert beside.llc < 0
    assert beside.reasons[:2] == ("not positive", "not at a local minimum")
    assert beside.diagnostics.linear_term < beside.llc
    assert beside.conditions.gradient_norm > 0.5
    assert at.status == "ok"
    assert at.llc > 0


def test_a_saddle_is_not_positive_though_its_gradient_is_zero():
    reading = of_formula(
        lambda weights: weights[0] ** 2 - 4 * weights[1] ** 2,
        nbeta=10.0,
        localization=100.0,
        step_size=2e-3,
        num_draws=200,
    )
    assert reading.conditions.gradient_norm < 1e-12
    assert reading.status.startswith("flagged(not positive")
    assert reading.llc < 0


@pytest.mark.parametrize("step_size", [None, 1e-3], ids=["own step", "step given"])
def test_a_saddle_without_a_floor_has_no_number_that_passes(step_size: float | None):
    reading = of_formula(
        lambda weights: weights[0] ** 2 - 4 * weights[1] ** 2,
        nbeta=100.0,
        localization=1.0,
        step_size=step_size,
        num_draws=100,
    )
    assert reading.status != "ok"
    assert reading.llc is None or reading.llc < 0


def test_an_unstable_step_fails_and_says_so():
    reading = of_formula(
        lambda weights: weights[0] ** 2 + weights[1] ** 4,
        nbeta=1e4,
        localization=100.0,
        step_size=1e-2,
    )
    assert reading.status == "failed(8 of 8 chains diverged)"
    assert reading.reasons == ("8 of 8 chains diverged",)
    numbers = reading.llc, reading.raw, reading.bias, reading.se, reading.interval
    assert numbers == (None,) * 5
    assert str(reading).startswith("no λ̂")


def test_a_few_lost_chains_fail_the_reading_instead_of_being_left_out():
    def fenced(weights: Tensor) -> Tensor:
        x, y = weights  # not a number beyond |y| = 1/2
        return x**2 + 4 * y**2 + 0 * torch.sqrt(0.25 - y**2)

    law = {"nbeta": 3.0, "localization": 4.0, "step_size": 1e-3}
    reading = of_formula(fenced, num_chains=32, num_burnin_steps=200, num_draws=100, **law)
    lost = re.fullmatch(r"failed\((\d+) of 32 chains diverged\)", reading.status)
    assert lost is not None
    assert 1 <= int(lost[1]) < 32
    assert reading.llc is None


def test_a_coarse_stable_step_is_flagged_for_its_bias():
    reading = of_formula(
        bowl, nbeta=1000.0, localization=100.0, step_size=1.2e-3, num_chains=16, num_burnin_steps=80
    )
    assert reading.raw == pytest.approx(2.7, rel=0.1)
    assert reading.reasons[0] == "step or minibatch bias over 30 %"


def test_chains_that_have_not_met_are_flagged_for_all_of_it():
    law = {"nbeta": 100.0, "localization": 1.0, "step_size": 1e-6}
    reading = of_formula(bowl, num_burnin_steps=1, num_draws=200, **law)
    assert set(reading.reasons) >= {
        "hot and cold chains differ",
        "R-hat over 1.1",
        "burn-in too short for the localizer",
    }
    assert reading.diagnostics.hot > reading.diagnostics.cold


def test_chains_in_two_basins_are_flagged():
    def wells(weights: Tensor) -> Tensor:
        """Two valleys, the far one half as deep and ten times as narrow, w* in the first."""
        x, y = weights
        return -torch.logsumexp(torch.stack([-50 * x**2, -500 * (x - 1) ** 2 - 0.2]), 0) + y**2

    law = {"nbeta": 30.0, "localization": 0.3, "step_size": 1e-4, "num_chains": 16}
    reading = of_formula(wells, num_draws=300, **law)
    assert reading.status != "ok"


def test_chains_on_the_move_drift():
    law = {"nbeta": 10.0, "localization": 1.0, "step_size": 1e-4}
    reading = of_formula(bowl, start=(1.0, 1.0), num_burnin_steps=1, num_draws=300, **law)
    assert "drifts from half to half" in reading.reasons
    assert reading.diagnostics.drift < 0


def test_too_weak_a_pull_on_a_net_is_flagged():
    net = nn.Sequential(nn.Linear(6, 32), nn.ReLU(), nn.Linear(32, 4))
    sizes = {"num_burnin_steps": 100, "num_draws": 100, "max_draws": 100}
    reading = cpbench.llc(with_weights(net), *vectors(), localization=1.0, step_size=1e-4, **sizes)
    assert "burn-in too short for the localizer" in reading.reasons


def test_noise_that_drowns_the_value_is_flagged():
    law = {"nbeta": 100.0, "localization": 4.0, "step_size": 1e-2, "num_chains": 2}
    reading = of_formula(
        lambda weights: weights.square().prod(), num_draws=20, num_burnin_steps=400, **law
    )
    assert reading.se > reading.llc / 2
    assert reading.reasons == ("within two standard errors of zero",)


@pytest.mark.parametrize(
    "loss",
    [
        lambda weights: torch.log(weights[0]) + weights[1],
        lambda weights: weights[0] / weights[1],
        lambda weights: weights.abs().sqrt().sum(),  # finite, its gradient is not
    ],
    ids=["infinite", "not a number", "gradient"],
)
def test_a_loss_that_is_not_finite_at_the_weights_fails(loss: Any):
    reading = of_formula(loss, nbeta=1.0)
    assert reading.status == "failed(loss or gradient at the weights is not finite)"
    assert reading.llc is None


@pytest.mark.parametrize(
    "loss",
    [lambda weights: 0 * weights.sum(), lambda _: torch.zeros(())],
    ids=["times zero", "not read"],
)
def test_a_loss_that_ignores_the_weights_fails(loss: Any):
    reading = of_formula(loss, nbeta=1.0, num_burnin_steps=20, num_draws=20)
    assert reading.status == "failed(the loss does not depend on the weights)"


@pytest.mark.parametrize("backend", ["loop", "vmap"])
def test_a_loss_that_is_random_fails(backend: Any):
    noise = seeded()

    class Noisy(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.ones(1))

        def forward(self, inputs: Tensor) -> Tensor:
            drawn = torch.randn(len(inputs), generator=noise if backend == "loop" else None)
            return (self.weight + 0.1 * drawn).square()

    nothing = torch.zeros(100)
    before = torch.get_rng_state()
    reading = cpbench.llc(Noisy(), nothing, nothing, lambda o, t: o - t, backend=backend)
    torch.set_rng_state(before)
    assert reading.status.startswith("failed(the loss is random")
    assert reading.llc is None


def test_a_point_that_fails_does_not_touch_its_neighbour(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(estimation, "_points_at_once", lambda *_: 2)
    settings = Settings(num_burnin_steps=20, num_draws=20, max_draws=20, step_size=1e-3)
    sound, broken = (with_weights(nn.Linear(6, 4), seed) for seed in (7, 8))
    with torch.no_grad():
        broken.weight[0, 0] = torch.nan
    points = [Point(each, *vectors()) for each in (broken, sound)]
    together = estimate(points, settings, seeds=[1, 2], batch_seed=3)
    alone = estimate(points[1:], settings, seeds=[2], batch_seed=3)
    assert together[0].llc is None
    assert together[1].llc == pytest.approx(alone[0].llc, rel=1e-3)
    assert together[1].status == alone[0].status


class Coin(nn.Module):
    """A model that mirrors its inputs in one call of twenty, as an augmentation left on would."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, inputs: Tensor) -> Tensor:
        return self.model(inputs.flip(1) if torch.rand(()) < 0.05 else inputs)


def test_a_model_that_draws_random_numbers_fails_even_if_they_rarely_matter():
    short = {"num_burnin_steps": 20, "num_draws": 20}
    reading = cpbench.llc(Coin(mlp()), *vectors(), backend="loop", **short)
    assert reading.status.startswith("failed(the loss is random")


class Cut(nn.Module):
    """A net whose first layer gets no gradient, though its loss depends on it."""

    def __init__(self, model: nn.Sequential) -> None:
        super().__init__()
        self.model = model

    def forward(self, inputs: Tensor) -> Tensor:
        return self.model[1:](self.model[0](inputs).detach())


def test_a_gradient_that_is_not_that_of_the_loss_fails():
    reading = cpbench.llc(Cut(mlp()), *vectors(), num_burnin_steps=20, num_draws=20)
    assert reading.status.startswith("failed(the gradient is not that of the loss")
