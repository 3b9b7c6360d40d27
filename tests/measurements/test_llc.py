"""λ̂ against exact answers first, then its honesty about runs that must not be believed."""

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn import functional

from cpbench.errors import SpecError
from cpbench.measurements.llc import LlcReading, estimate
from cpbench.measurements.truth import planar_llc, quadratic_llc
from cpbench.specs.measurements import Llc


class Polynomial(nn.Module):
    """A model whose output is its loss, at weights of one's choice."""

    def __init__(self, loss: Callable[..., Any], start: tuple[float, ...]) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.tensor(start))
        self.loss = loss

    def forward(self, inputs: Tensor) -> Tensor:
        return self.loss(*self.weights) + 0 * inputs


def settings(**changes: float) -> Llc:
    return Llc.model_validate({"kind": "llc", "data": "clean", "at": ["final"], **changes})


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def measure(
    loss: Callable[..., Any],
    *,
    start: tuple[float, ...] = (0.0, 0.0),
    seed: int = 0,
    **changes: float,
) -> LlcReading:
    nothing = torch.zeros(1)
    return estimate(
        Polynomial(loss, start),
        nothing,
        nothing,
        settings(**changes),
        generator=seeded(seed),
        loss=lambda outputs, _: outputs,
    )


def mean_squared_error(outputs: Tensor, targets: Tensor) -> Tensor:
    return 0.5 * (outputs.squeeze(-1) - targets).square()


def regression(num_examples: int, num_weights: int) -> tuple[nn.Linear, Tensor, Tensor]:
    """Return a linear model at its least-squares solution, with noisy data."""
    inputs = torch.randn(num_examples, num_weights, generator=seeded(5))
    targets = inputs.sum(1) + torch.randn(num_examples, generator=seeded(6))
    model = nn.Linear(num_weights, 1, bias=False)
    with torch.no_grad():
        model.weight[:] = torch.linalg.lstsq(inputs, targets[:, None]).solution.T
    return model, inputs, targets


def digits_net(epochs: int = 150) -> tuple[nn.Module, Tensor, Tensor]:
    images, labels = load_digits(return_X_y=True)
    inputs = torch.tensor(images[:100] / 16, dtype=torch.float32)
    inputs, targets = (inputs - inputs.mean()) / inputs.std(), torch.tensor(labels[:100])
    model = nn.Sequential(
        nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 10)
    )
    for weights in model.parameters():
        scale = math.sqrt(2 / weights.shape[1]) if weights.ndim > 1 else 0.0
        weights.data = scale * torch.randn(weights.shape, generator=seeded(7))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    for _ in range(epochs):
        optimizer.zero_grad(set_to_none=True)
        functional.cross_entropy(model(inputs), targets).backward()
        optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return model, inputs, targets


# Exact answers -----------------------------------------------------------------------------------


def test_a_bowl_gives_the_closed_form_of_the_steps_and_without_bias_the_exact_value():
    curvatures = np.geomspace(0.5, 5, 20)
    scale = torch.tensor(curvatures, dtype=torch.float32)
    law = {"nbeta": 100.0, "localization": 20.0}
    reading = measure(
        lambda *weights: 0.5 * (scale * torch.stack(weights) ** 2).sum(),
        start=(0.0,) * 20,
        step_size=2e-3,
        num_chains=64,
        num_draws=1000,
        **law,
    )
    assert reading.llc is not None
    exact = quadratic_llc(curvatures, **law)
    assert reading.llc_se < 0.01 * exact
    assert reading.llc_raw == pytest.approx(
        quadratic_llc(curvatures, **law, step_size=2e-3), abs=3 * reading.llc_se
    )
    assert reading.llc == pytest.approx(exact, abs=3 * reading.llc_se)
    assert reading.llc_raw > exact + 5 * reading.llc_se
    assert reading.status == "ok"


@pytest.mark.parametrize(
    ("loss", "nbeta"),
    [
        (lambda x, y: (x * y) ** 2 / 2, 500.0),
        (lambda x, y: x**2 * y**4 / 2, 1000.0),
        (lambda x, y: x**2 + y**4, 200.0),
    ],
    ids=["normal crossing", "cusp", "sum of powers"],
)
def test_a_singular_minimum_gives_what_quadrature_gives(loss: Callable[..., Any], nbeta: float):
    law = {"nbeta": nbeta, "localization": 10.0}
    sizes = {"num_chains": 256, "num_burnin_steps": 500, "num_draws": 1000}
    reading = measure(loss, step_size=2e-3, **sizes, **law)
    exact = planar_llc(loss, **law)
    assert reading.llc_se < 0.03 * exact
    assert reading.llc == pytest.approx(exact, abs=0.02 * exact + 3 * reading.llc_se)
    assert reading.status == "ok"


def test_minibatches_with_the_control_variate_find_the_full_batch_value():
    model, inputs, targets = regression(num_examples=512, num_weights=10)
    law = {"nbeta": 64.0, "localization": 10.0}
    curvatures = torch.linalg.eigvalsh(inputs.double().T @ inputs.double() / 512).numpy()
    exact = quadratic_llc(curvatures, **law)
    sizes = {"num_chains": 64, "num_burnin_steps": 300, "num_draws": 500, "batch_size": 64}
    reading = estimate(
        model,
        inputs,
        targets,
        settings(step_size=3e-3, **law, **sizes),
        generator=seeded(),
        loss=mean_squared_error,
    )
    assert reading.llc == pytest.approx(exact, abs=0.01 * exact + 3 * reading.llc_se)
    assert reading.llc_se < 0.01 * exact
    assert reading.status == "ok"


def test_a_trained_net_is_ok_whatever_the_steps_and_their_number():
    net, inputs, targets = digits_net()
    coarse = estimate(net, inputs, targets, settings(), generator=seeded())
    twice = settings(step_size=5e-4, num_burnin_steps=400, num_draws=800)
    fewer = settings(num_burnin_steps=100, num_draws=300)
    for changed in (twice, fewer):
        other = estimate(net, inputs, targets, changed, generator=seeded(1))
        assert (coarse.status, other.status) == ("ok", "ok")
        assert coarse.llc == pytest.approx(other.llc, rel=0.05, abs=3 * coarse.llc_se)
    assert coarse.llc_raw > coarse.llc + 2 * coarse.llc_se


def test_nbeta_is_by_default_n_over_ln_n():
    net, inputs, targets = digits_net(epochs=1)
    reading = estimate(net, inputs, targets, settings(num_draws=20), generator=seeded())
    assert reading.conditions.nbeta == pytest.approx(100 / math.log(100))


def test_one_example_without_nbeta_is_refused():
    with pytest.raises(SpecError, match="nbeta"):
        measure(lambda x, y: x**2 + y**2)


# What must not be believed is not ok --------------------------------------------------------------


def test_displaced_weights_are_not_at_a_minimum():
    model, inputs, targets = regression(num_examples=200, num_weights=5)
    with torch.no_grad():
        model.weight += 0.5
    reading = estimate(
        model,
        inputs,
        targets,
        settings(nbeta=200.0),
        generator=seeded(),
        loss=mean_squared_error,
    )
    assert reading.llc < 0
    assert "not positive" in reading.status
    assert "not at a local minimum" in reading.status
    assert reading.diagnostics.linear_term < reading.llc


def test_a_saddle_is_not_positive_though_its_gradient_is_zero():
    reading = measure(lambda x, y: x**2 - 4 * y**2, nbeta=10.0, step_size=5e-3)
    assert reading.conditions.gradient_norm < 1e-12
    assert reading.status.startswith("flagged(not positive")


def test_an_unstable_step_fails():
    reading = measure(lambda x, y: x**2 + y**4, nbeta=1e4, step_size=1e-2)
    assert reading.status == "failed(4 of 4 chains diverged)"
    assert reading.llc is None


def test_a_few_lost_chains_fail_the_reading():
    def fenced(x: Tensor, y: Tensor) -> Tensor:
        return x**2 + 4 * y**2 + 0 * torch.sqrt(0.25 - y**2)  # not a number beyond |y| = 1/2

    law = {"nbeta": 20.0, "localization": 4.0, "step_size": 1e-3}
    reading = measure(fenced, num_chains=32, **law)
    lost = re.fullmatch(r"failed\((\d+) of 32 chains diverged\)", reading.status)
    assert lost is not None
    assert 1 <= int(lost[1]) <= 16  # the cold half stays inside
    assert reading.llc is None


def test_a_coarse_stable_step_is_flagged_for_its_bias():
    reading = measure(lambda x, y: x**2 + y**2, nbeta=1000.0, step_size=1.2e-3, num_chains=16)
    assert reading.llc_raw == pytest.approx(2.7, rel=0.1)
    assert reading.status == "flagged(step or minibatch bias over 30 %)"


def test_chains_that_have_not_met_are_flagged():
    reading = measure(
        lambda x, y: x**2 + y**2,
        start=(0.0, 0.0),
        nbeta=100.0,
        localization=1.0,
        step_size=1e-6,
        num_burnin_steps=1,
    )
    assert "hot and cold chains differ" in reading.status
    assert "R-hat over 1.1" in reading.status
    assert "burn-in too short for the localizer" in reading.status


def test_chains_on_the_move_drift():
    reading = measure(
        lambda x, y: x**2 + y**2,
        nbeta=1.0,
        localization=100.0,
        step_size=1e-4,
        num_chains=64,
        num_burnin_steps=1,
    )
    assert "drifts from half to half" in reading.status


def test_a_loss_that_is_not_finite_at_the_weights_fails():
    reading = measure(lambda x, y: torch.log(x) + y, nbeta=1.0)
    assert reading.status == "failed(loss or gradient at the weights is not finite)"


def test_a_loss_that_ignores_the_weights_fails():
    reading = measure(lambda x, y: 0 * (x + y), nbeta=1.0)
    assert reading.status == "failed(the loss does not depend on the weights)"
