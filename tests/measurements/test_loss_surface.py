"""The surface is the model's own loss, and the model never learns that it was looked at."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from cpbench.measurements.llc import cross_entropy, estimate
from cpbench.measurements.loss_surface import LossSurface
from cpbench.specs.measurements import Llc


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def data() -> tuple[Tensor, Tensor]:
    return torch.randn(100, 6, generator=seeded()), torch.arange(100) % 4


def net() -> nn.Sequential:
    """Return a net with everything that could be disturbed, in training mode."""
    layers = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Dropout(), nn.Linear(8, 4))
    for weights in layers.parameters():
        weights.data = torch.randn(weights.shape, generator=seeded(7)) / 2
    return layers.train()


def surface(model: nn.Module, chunk_size: int = 100) -> LossSurface:
    return LossSurface(model, *data(), loss=functional.cross_entropy, chunk_size=chunk_size)


def test_the_loss_at_the_origin_is_the_models_loss_in_eval_mode_whatever_the_chunks():
    model = net()
    losses = [surface(model, size).losses(surface(model).origin[None]) for size in (100, 33)]
    inputs, targets = data()
    expected = functional.cross_entropy(model.eval()(inputs), targets).item()
    assert [loss.item() for loss in losses] == pytest.approx([expected] * 2, rel=1e-5)


def test_rows_are_independent_and_their_slopes_are_finite_differences():
    one = surface(net(), chunk_size=33)
    rows = one.origin + torch.randn(3, len(one.origin), generator=seeded(1)) / 10
    step = 1e-2 * torch.randn(rows.shape, generator=seeded(2))
    slopes = one.slopes(rows)
    predicted = (slopes.gradients * 2 * step).sum(1).double()
    assert torch.allclose(slopes.losses, one.losses(rows), rtol=1e-6)
    assert torch.allclose(one.losses(rows + step) - one.losses(rows - step), predicted, atol=1e-4)
    assert torch.allclose(one.slopes(rows[1:2]).gradients[0], slopes.gradients[1], atol=1e-6)


def test_slopes_on_some_examples_average_to_those_on_all():
    whole = surface(net())
    halves = [whole.slopes(whole.origin[None], torch.arange(100)[part::2]) for part in (0, 1)]
    mean = (halves[0].gradients + halves[1].gradients) / 2
    assert torch.allclose(mean, whole.slopes(whole.origin[None]).gradients, atol=1e-6)


def test_the_loss_may_come_per_example_or_as_a_mean():
    model, (inputs, targets) = net(), data()
    one, other = (
        LossSurface(model, inputs, targets, loss=loss, chunk_size=100)
        for loss in (cross_entropy, functional.cross_entropy)
    )
    rows = one.origin[None]
    assert torch.allclose(one.slopes(rows).losses, other.slopes(rows).losses, rtol=1e-6)
    assert torch.allclose(one.slopes(rows).gradients, other.slopes(rows).gradients, atol=1e-6)


def test_measuring_leaves_the_model_as_it_was_to_the_last_bit():
    model, (inputs, targets) = net(), data()
    functional.cross_entropy(model(inputs), targets).backward()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    gradients = [weights.grad.clone() for weights in model.parameters()]
    few = Llc(kind="llc", data="clean", at=("final",), num_draws=20, batch_size=40)
    estimate(model, inputs, targets, few, generator=seeded())
    after = model.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert all(map(torch.equal, gradients, (weights.grad for weights in model.parameters())))
    assert all(module.training for module in model.modules())
    assert all(weights.requires_grad for weights in model.parameters())
