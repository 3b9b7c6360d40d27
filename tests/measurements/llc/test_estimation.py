"""λ̂ against exact answers, and its promises about randomness and the caller's settings."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from measurements.llc.subjects import (
    ONCE,
    linear_net,
    of_formula,
    random,
    seeded,
    tensors,
    vectors,
    with_weights,
)
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn import functional

import cpbench
from cpbench.measurements.llc import estimation
from cpbench.measurements.llc.estimation import estimate
from cpbench.measurements.llc.reading import LLCReading
from cpbench.measurements.llc.settings import Settings
from cpbench.measurements.llc.surface import Point
from cpbench.measurements.truth import (
    GibbsRun,
    data_loss,
    gibbs_llc,
    planar_llc,
    quadratic_bias_estimate,
    quadratic_llc,
    regression_data,
    teacher,
)

CURVATURES = np.geomspace(0.5, 5, 20)
GIVEN = {**ONCE, "step_size": 1e-2, "localization": 10.0}
"""Nothing to calibrate."""


def bowl(weights: Tensor) -> Tensor:
    return (torch.as_tensor(CURVATURES).to(weights) * weights**2).sum() / 2


# Exact answers -----------------------------------------------------------------------------------


def test_a_bowl_gives_the_closed_form_of_the_steps_and_without_bias_the_exact_value():
    law = {"nbeta": 100.0, "localization": 20.0}
    sizes = {"num_chains": 64, "num_burnin_steps": 200, "num_draws": 1000}
    reading = of_formula(bowl, start=(0.0,) * 20, step_size=2e-3, **law, **sizes)
    exact = quadratic_llc(CURVATURES, **law)
    steps = {**law, "step_size": 2e-3}
    assert reading.status == "ok"
    assert reading.se < 0.01 * exact
    assert reading.raw == pytest.approx(quadratic_llc(CURVATURES, **steps), abs=3 * reading.se)
    assert reading.bias == pytest.approx(quadratic_bias_estimate(CURVATURES, **steps), rel=0.02)
    assert reading.llc == pytest.approx(exact, abs=3 * reading.se)
    assert reading.raw > exact + 5 * reading.se


def test_a_bowl_left_to_itself_gives_the_exact_value_at_the_pull_it_chose():
    reading = of_formula(bowl, start=(0.0,) * 20, nbeta=100.0, num_draws=1200)
    gamma = reading.conditions.localization
    exact = quadratic_llc(CURVATURES, nbeta=100.0, localization=gamma)
    assert reading.status == "ok"
    assert reading.se < 0.02 * exact
    assert reading.llc == pytest.approx(exact, abs=3 * reading.se)


@pytest.mark.parametrize(
    ("loss", "nbeta"),
    [
        (lambda x, y: (x * y) ** 2 / 2, 500.0),
        (lambda x, y: x**2 * y**4 / 2, 1000.0),
        (lambda x, y: x**2 + y**4, 200.0),
    ],
    ids=["normal crossing", "cusp", "sum of powers"],
)
def test_a_singular_minimum_gives_what_quadrature_gives(loss: Any, nbeta: float):
    law = {"nbeta": nbeta, "localization": 10.0}
    sizes = {"num_chains": 256, "num_burnin_steps": 500, "num_draws": 1000}
    reading = of_formula(lambda weights: loss(*weights), step_size=2e-3, **law, **sizes)
    exact = planar_llc(loss, **law)
    assert reading.status == "ok"
    assert reading.se < 0.03 * exact
    assert reading.llc == pytest.approx(exact, abs=0.02 * exact + 3 * reading.se)


def test_minibatches_give_the_closed_form_of_the_curvature_each_batch_sees():
    # Batches of one: whatever the split, the curvatures that batches see are the squared inputs.
    inputs = torch.randn(24, 1, generator=seeded())
    law = {"nbeta": 100.0, "localization": 10.0, "step_size": 5e-3}
    sizes = {"num_chains": 64, "num_burnin_steps": 200, "num_draws": 2400, "max_draws": 2400}
    net = linear_net([np.ones((1, 1))])
    reading = cpbench.llc(net, inputs, inputs, "squared_error", **law, **sizes, batch_size=1)
    squares = inputs.double().square()[:, 0].numpy()
    curvatures = np.array([squares.mean()])
    noisy = {**law, "curvature_variance": law["nbeta"] ** 2 * squares.var()}
    found, exact = quadratic_llc(curvatures, **noisy), quadratic_llc(curvatures, **law)
    bias = quadratic_bias_estimate(curvatures, **noisy)
    # The noise of the batches is in λ̂ and in b̂ (2 % over seeds), hardly in their difference.
    assert reading.raw == pytest.approx(found, rel=0.06)
    assert reading.bias == pytest.approx(bias, rel=0.1)
    assert reading.se < 0.02 * found
    assert reading.llc == pytest.approx(found - bias, abs=3 * reading.se)
    assert reading.llc < exact < 0.8 * reading.raw


@pytest.mark.parametrize(
    ("num_examples", "noise", "batch_size"), [(200, 0.5, 512), (1000, 1.0, 128)]
)
def test_a_deep_linear_net_left_to_itself_gives_what_gibbs_gives(
    num_examples: int, noise: float, batch_size: int
):
    layers = teacher((4, 4, 4), 2, random())
    examples = regression_data(layers, num_examples, noise, random(1), is_noise_orthogonal=True)
    reading = cpbench.llc(
        linear_net(layers), *tensors(examples), "squared_error", batch_size=batch_size
    )
    assert reading.status == "ok"
    truth = gibbs_llc(
        layers,
        data_loss(*examples),
        nbeta=reading.conditions.nbeta,
        localization=reading.conditions.localization,
        generator=random(2),
        run=GibbsRun(num_sweeps=1000),
    )
    assert reading.se < 0.04 * truth.llc
    assert reading.llc == pytest.approx(
        truth.llc, abs=0.02 * truth.llc + 3 * math.hypot(reading.se, truth.se)
    )


def ridge(weight_decay: float) -> tuple[nn.Module, Tensor, Tensor]:
    """Return a linear model at the minimum of ½ mean (y − wx)² + weight_decay/2 |w|²."""
    layers = [np.full((1, 8), 2.0)]
    inputs, targets = tensors(regression_data(layers, 100, 0.3, random()))
    moments = inputs.double().T @ inputs.double() / 100 + weight_decay * torch.eye(8)
    best = torch.linalg.solve(moments, inputs.double().T @ targets.double() / 100)
    return linear_net([best.T.numpy()]), inputs, targets


def test_with_its_weight_decay_a_ridge_regression_is_a_bowl_of_shifted_curvatures():
    model, inputs, targets = ridge(0.3)
    law = {"nbeta": 50.0, "localization": 20.0}
    curvatures = np.linalg.eigvalsh(inputs.double().T.numpy() @ inputs.double().numpy() / 100) + 0.3
    reading = cpbench.llc(
        model, inputs, targets, "squared_error", **law, weight_decay=0.3, num_chains=32
    )
    exact = quadratic_llc(curvatures, **law)
    assert reading.status == "ok"
    assert reading.se < 0.02 * exact
    assert reading.llc == pytest.approx(exact, abs=3 * reading.se)
    assert reading.conditions.gradient_norm < 1e-4
    assert reading.conditions.weight_decay == pytest.approx(0.3)


def test_without_its_weight_decay_a_ridge_regression_is_no_minimum():
    model, inputs, targets = ridge(0.3)
    reading = cpbench.llc(
        model, inputs, targets, "squared_error", nbeta=50.0, localization=20.0, max_draws=600
    )
    assert "not at a local minimum" in reading.reasons
    assert reading.diagnostics.linear_term < -1


def test_lambda_about_the_mean_is_that_of_the_bowl_when_the_weights_are_no_minimum():
    model, inputs, targets = ridge(0.0)
    law = {"nbeta": 50.0, "localization": 5.0, "step_size": 2e-3, "num_chains": 32}
    sizes = {"num_draws": 1000, "max_draws": 1000}
    curvatures = np.linalg.eigvalsh(inputs.double().T.numpy() @ inputs.double().numpy() / 100)
    with torch.no_grad():
        next(model.parameters()).add_(0.3)
    reading = cpbench.llc(model, inputs, targets, "squared_error", **law, **sizes)
    steps = {key: law[key] for key in ("nbeta", "localization", "step_size")}
    exact = quadratic_llc(curvatures, **steps)
    assert reading.raw < 0.5 * exact
    assert reading.diagnostics.about_mean == pytest.approx(exact, rel=0.15)


def test_a_trained_net_reads_the_same_whatever_the_steps_and_their_number():
    images, labels = load_digits(return_X_y=True)
    inputs = torch.tensor(images[:100] / 16, dtype=torch.float32)
    inputs, targets = (inputs - inputs.mean()) / inputs.std(), torch.tensor(labels[:100])
    net = with_weights(nn.Sequential(nn.Linear(64, 24), nn.ReLU(), nn.Linear(24, 10)))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    for _ in range(150):
        optimizer.zero_grad()
        functional.cross_entropy(net(inputs), targets).backward()
        optimizer.step()
    few = {"localization": 100.0, "num_burnin_steps": 300, "num_draws": 600, "max_draws": 600}
    coarse = cpbench.llc(net, inputs, targets, step_size=1.2e-3, **few)
    fine = cpbench.llc(net, inputs, targets, step_size=4e-4, **{**few, "num_burnin_steps": 400})
    assert (coarse.status, fine.status) == ("ok", "ok")
    assert coarse.llc == pytest.approx(fine.llc, rel=0.05, abs=3 * math.hypot(coarse.se, fine.se))
    assert coarse.bias > 2 * fine.bias


# Randomness --------------------------------------------------------------------------------------


def short(seed: int = 0, **settings: Any) -> LLCReading:
    return cpbench.llc(linear_net([np.eye(4, 6)]), *vectors(), seed=seed, **{**ONCE, **settings})


@pytest.mark.parametrize("batch_size", [512, 40], ids=["full batch", "minibatches"])
def test_equal_seeds_give_equal_readings_and_other_seeds_do_not(batch_size: int):
    one, same, other = (short(seed, batch_size=batch_size) for seed in (3, 3, 4))
    assert one == same
    assert np.array_equal(one.trace, same.trace)
    assert not np.isclose(one.trace, other.trace).any()


def test_the_global_generator_is_neither_moved_nor_read():
    net, data = linear_net([np.eye(4, 6)]), vectors()
    before = torch.get_rng_state()
    readings = [cpbench.llc(net, *data, **ONCE)]
    assert torch.equal(before, torch.get_rng_state())
    torch.rand(1)
    readings.append(cpbench.llc(net, *data, **ONCE))
    assert readings[0] == readings[1]


def test_points_in_one_program_read_as_alone_up_to_rounding(monkeypatch: pytest.MonkeyPatch):
    points = [
        Point(with_weights(nn.Linear(6, 4), seed).double(), inputs.double(), targets)
        for seed, (inputs, targets) in ((seed, vectors(60, seed)) for seed in (7, 8))
    ]
    settings = Settings(num_burnin_steps=20, num_draws=20, max_draws=20, batch_size=30)
    alone = estimate(points, settings, seeds=[1, 2], batch_seed=3)
    monkeypatch.setattr(estimation, "_points_at_once", lambda *_: 2)
    together = estimate(points, settings, seeds=[1, 2], batch_seed=3)
    for one, other in zip(together, alone, strict=True):
        assert one.trace == pytest.approx(other.trace, rel=1e-6)
        assert one.conditions.step_size == pytest.approx(other.conditions.step_size, rel=1e-6)
        assert (one.llc, one.bias, one.se) == pytest.approx(
            (other.llc, other.bias, other.se), rel=1e-6
        )
    assert together[0].llc != pytest.approx(together[1].llc, rel=1e-3)


# The caller's settings ---------------------------------------------------------------------------


def flags() -> tuple[Any, ...]:
    cudnn = torch.backends.cudnn
    precisions = torch.backends.cuda.matmul.fp32_precision, cudnn.conv.fp32_precision
    return cudnn.enabled, cudnn.benchmark, cudnn.deterministic, *precisions


def test_tf32_is_off_while_cudnn_stays_on_and_all_flags_are_as_before():
    during: list[tuple[Any, ...]] = []

    def loss(outputs: Tensor, targets: Tensor) -> Tensor:
        during.append(flags())
        return functional.cross_entropy(outputs, targets)

    before = flags()
    cpbench.llc(linear_net([np.eye(4, 6)]), *vectors(), loss, **GIVEN)
    assert flags() == before
    # The first call only tries the loss out.
    assert {each[0] for each in during[1:]} == {True}
    assert {each[3:] for each in during[1:]} == {("ieee", "ieee")}


@pytest.mark.parametrize(
    ("module", "name", "value"),
    [
        (torch.backends.cuda.matmul, "allow_tf32", True),
        (torch.backends.cuda.matmul, "fp32_precision", "tf32"),
        (torch.backends, "fp32_precision", "tf32"),
    ],
    ids=["old interface", "new interface", "new interface for all"],
)
def test_tf32_may_have_been_allowed_by_either_of_the_interfaces(module: Any, name: str, value: Any):
    before = getattr(module, name)
    try:
        setattr(module, name, value)
        assert short(**GIVEN).llc is not None
        assert getattr(module, name) == value
    finally:
        setattr(module, name, before)
