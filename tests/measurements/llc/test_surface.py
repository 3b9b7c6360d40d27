"""The surface is the model's own loss, however it is cut, and the model never learns of it."""

import math
from collections.abc import Callable

import pytest
import torch
from measurements.llc.subjects import (
    ONCE,
    conv_net,
    images,
    is_same,
    mlp,
    seeded,
    state,
    vectors,
    with_weights,
)
from torch import Tensor, nn
from torch.nn import functional

import cpbench
from cpbench.measurements.llc import surface as surface_module
from cpbench.measurements.llc.backends import LossFunction
from cpbench.measurements.llc.losses import cross_entropy
from cpbench.measurements.llc.settings import Backend
from cpbench.measurements.llc.surface import LossSurface, Point

Data = tuple[Tensor, Tensor]
Subject = tuple[Callable[[int], nn.Module], Callable[[int, int], Data]]
SUBJECTS = pytest.mark.parametrize(
    "subject", [(mlp, vectors), (conv_net, images)], ids=["mlp", "conv net"]
)


def points(subject: Subject, *seeds: int) -> list[Point]:
    net, data = subject
    return [Point(net(seed), *data(103, seed)) for seed in seeds]


def surface(
    of: list[Point],
    *,
    backend: Backend = "vmap",
    batch_size: int = 103,
    loss: LossFunction = cross_entropy,
    weight_decay: float = 0.0,
) -> LossSurface:
    return LossSurface(
        of,
        loss=loss,
        batch_size=batch_size,
        backend=backend,
        generator=seeded(1),
        weight_decay=weight_decay,
    )


def rows(of: LossSurface, number: int = 3) -> Tensor:
    shape = of.num_points, number, of.origin.shape[1]
    return of.origin[:, None] + torch.randn(shape, generator=seeded(2)) / 10


@SUBJECTS
def test_the_loss_at_the_weights_is_the_models_own_in_eval_mode(subject: Subject):
    several = points(subject, 7, 8)
    losses = surface(several).losses(surface(several).origin[:, None], batch=0)
    expected = [
        functional.cross_entropy(point.model.eval()(point.inputs), point.targets).item()
        for point in several
    ]
    assert losses[:, 0].tolist() == pytest.approx(expected, rel=1e-6)
    assert losses.dtype == torch.float64


@SUBJECTS
@pytest.mark.parametrize("backend", ["vmap", pytest.param("compiled", marks=pytest.mark.slow)])
def test_all_backends_give_the_same_numbers(subject: Subject, backend: Backend):
    if backend == "compiled" and not _can_compile():
        pytest.skip("no C++ compiler")
    several = points(subject, 7, 8)
    loop, other = surface(several, backend="loop"), surface(several, backend=backend)
    one, two = loop.slopes(rows(loop), batch=0), other.slopes(rows(loop), batch=0)
    assert torch.allclose(one.losses, two.losses, rtol=1e-6)
    scale = one.gradients.abs().max().item()
    assert torch.allclose(one.gradients, two.gradients, atol=1e-5 * scale, rtol=0)
    assert torch.allclose(other.losses(rows(loop), batch=0), two.losses, rtol=1e-6)


def _can_compile() -> bool:
    from torch.utils.cpp_extension import check_compiler_is_gcc  # noqa: PLC0415 - slow to import

    return check_compiler_is_gcc("c++")


@SUBJECTS
def test_points_and_rows_are_independent(subject: Subject):
    several = points(subject, 7, 8)
    both = surface(several, batch_size=30)
    together = both.slopes(rows(both), batch=2)
    for index, point in enumerate(several):
        alone = surface([point], batch_size=30).slopes(rows(both)[[index], 1:2], batch=2)
        assert torch.allclose(alone.losses[0, 0], together.losses[index, 1], rtol=1e-6)
        assert torch.allclose(alone.gradients[0, 0], together.gradients[index, 1], atol=1e-5)
    assert not torch.allclose(together.losses[0], together.losses[1], rtol=1e-2)


def test_slopes_are_finite_differences():
    model = mlp().double()
    inputs, targets = vectors()
    one = surface([Point(model, inputs.double(), targets)])
    at = rows(one).double()
    step = 1e-5 * torch.randn(at.shape, generator=seeded(3), dtype=torch.float64)
    difference = one.losses(at + step, batch=0) - one.losses(at - step, batch=0)
    predicted = (one.slopes(at, batch=0).gradients * 2 * step).sum(2)
    assert torch.allclose(difference, predicted, rtol=1e-5)


def test_weight_decay_adds_half_of_it_times_the_squared_weights():
    one = points((mlp, vectors), 7)
    plain, decayed = surface(one), surface(one, weight_decay=0.2)
    at = rows(plain)
    before, after = plain.slopes(at, batch=0), decayed.slopes(at, batch=0)
    assert torch.allclose(after.losses - before.losses, 0.1 * at.double().square().sum(2))
    assert torch.allclose(after.gradients - before.gradients, 0.2 * at, atol=1e-6)
    assert torch.allclose(decayed.losses(at, batch=0), after.losses)


@SUBJECTS
@pytest.mark.parametrize("num_bytes", [1, 40_000, 400_000])
def test_cutting_by_memory_changes_nothing_but_rounding(
    subject: Subject, num_bytes: int, monkeypatch: pytest.MonkeyPatch
):
    several = points(subject, 7, 8)
    whole = surface(several, batch_size=30)
    expected = whole.slopes(rows(whole), batch=1)
    monkeypatch.setattr(surface_module, "CPU_BYTES", num_bytes)
    cut = surface(several, batch_size=30)
    found = cut.slopes(rows(whole), batch=1)
    assert torch.allclose(found.losses, expected.losses, rtol=1e-6)
    assert torch.allclose(found.gradients, expected.gradients, atol=1e-5)
    assert torch.allclose(cut.losses(rows(whole), batch=1), expected.losses, rtol=1e-6)


def test_cutting_by_memory_bounds_what_is_evaluated_at_once(monkeypatch: pytest.MonkeyPatch):
    sizes: list[int] = []

    def loss(outputs: Tensor, targets: Tensor) -> Tensor:
        sizes.append(len(outputs))
        return cross_entropy(outputs, targets)

    monkeypatch.setattr(surface_module, "CPU_BYTES", 8 * 10 * 58)  # ten examples of 58 numbers
    cut = surface(points((mlp, vectors), 7), loss=loss, backend="loop")
    cut.losses(rows(cut), batch=0)
    assert 1 < max(sizes) <= 20
    assert sum(sizes) == 3 * 103


def test_the_batches_part_the_examples_in_an_order_that_all_points_share():
    inputs = torch.arange(103.0)[:, None]

    class Tell(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.ones(()))

        def forward(self, inputs: Tensor) -> Tensor:
            return self.weight * inputs[:, 0]

    seen: list[Tensor] = []

    def loss(outputs: Tensor, targets: Tensor) -> Tensor:
        seen.append(outputs.detach().clone())
        return outputs - targets[:, 0]

    of = [Point(Tell(), inputs, inputs), Point(Tell(), inputs, inputs)]
    one = surface(of, loss=loss, batch_size=20, backend="loop")
    for batch in range(one.num_batches):
        one.losses(one.origin[:, None], batch)
    assert [len(each) for each in seen[::2]] == [17, 17, 17, 17, 17, 18]
    assert torch.equal(torch.cat(seen[::2]), torch.cat(seen[1::2]))
    assert torch.equal(torch.cat(seen[::2]).sort().values, inputs[:, 0])
    assert not torch.equal(torch.cat(seen[::2]), inputs[:, 0])
    shares = [one.share(batch) for batch in range(6)]
    assert math.fsum(shares) == pytest.approx(6)


@pytest.mark.parametrize("batch_size", [500, 100])
def test_the_error_of_the_loss_does_not_depend_on_the_order_of_examples(batch_size: int):
    inputs, targets = vectors(500)
    order = targets.argsort()
    inputs = inputs + 2 * targets[:, None]  # classes differ in their loss
    model = with_weights(nn.Linear(6, 4))
    losses = cross_entropy(model(inputs), targets)
    expected = losses.std().item() / math.sqrt(500)
    for examples in ((inputs, targets), (inputs[order], targets[order])):
        one = surface([Point(model, *examples)], batch_size=batch_size)
        assert one.loss_errors().item() == pytest.approx(expected, rel=0.35)


def test_weights_that_two_layers_share_are_one():
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Linear(6, 6), nn.Linear(6, 6)
            self.second.weight = self.first.weight

        def forward(self, inputs: Tensor) -> Tensor:
            return self.second(self.first(inputs).tanh())

    model, (inputs, targets) = with_weights(Tied()), vectors()
    one = surface([Point(model, inputs, targets)])
    assert one.origin.shape[1] == 36 + 12
    functional.cross_entropy(model(inputs), targets).backward()
    expected = torch.cat([weights.grad.flatten() for weights in model.parameters()])
    found = one.slopes(one.origin[:, None], batch=0).gradients[0, 0]
    assert torch.allclose(found, expected, atol=1e-6)


def test_a_parameter_without_dimensions_is_a_weight_like_any_other():
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale, self.layer = nn.Parameter(torch.tensor(2.0)), nn.Linear(6, 4)

        def forward(self, inputs: Tensor) -> Tensor:
            return self.scale * self.layer(inputs)

    model, (inputs, targets) = Scaled(), vectors()
    one = surface([Point(model, inputs, targets)])
    functional.cross_entropy(model(inputs), targets).backward()
    expected = torch.cat([weights.grad.flatten() for weights in model.parameters()])
    found = one.slopes(one.origin[:, None], batch=0).gradients[0, 0]
    assert torch.allclose(found, expected, atol=1e-6)


# The caller's model ------------------------------------------------------------------------------


@SUBJECTS
def test_a_reading_leaves_the_model_as_it_was_to_the_last_bit(subject: Subject):
    model, inputs, targets = points(subject, 7)[0]
    next(model.parameters()).requires_grad_(requires_grad=False)
    functional.cross_entropy(model(inputs), targets).backward()
    before, modes = state(model), [module.training for module in model.modules()]
    gradients = [None if w.grad is None else w.grad.clone() for w in model.parameters()]
    needs = [weights.requires_grad for weights in model.parameters()]
    examples = inputs.clone(), targets.clone()
    few = {**ONCE, "step_size": 1e-4, "localization": 10.0}
    cpbench.llc(model, inputs, targets, batch_size=40, **few)
    assert is_same(before, state(model))
    assert [module.training for module in model.modules()] == modes
    assert True in modes
    assert [weights.requires_grad for weights in model.parameters()] == needs
    assert not any(module._forward_hooks for module in model.modules())
    for old, weights in zip(gradients, model.parameters(), strict=True):
        assert weights.grad is None if old is None else torch.equal(weights.grad, old)
    assert torch.equal(inputs, examples[0])
    assert torch.equal(targets, examples[1])


def test_a_model_in_training_reads_as_in_eval_mode():
    few = {**ONCE, "step_size": 1e-4, "localization": 10.0}
    training, still = (cpbench.llc(mlp().train(mode), *vectors(), **few) for mode in (True, False))
    assert training == still


def test_a_loss_per_example_or_its_mean_gives_the_same_reading():
    few = {**ONCE, "step_size": 1e-4, "localization": 10.0, "batch_size": 40}
    readings = [
        cpbench.llc(mlp().double(), inputs.double(), targets, loss, **few)
        for inputs, targets in [vectors()]
        for loss in ("cross_entropy", cross_entropy, functional.cross_entropy)
    ]
    assert readings[0] == readings[1]
    for name in ("llc", "raw", "bias", "se"):
        values = [getattr(each, name) for each in readings]
        assert values[0] == pytest.approx(values[2], rel=1e-8)
