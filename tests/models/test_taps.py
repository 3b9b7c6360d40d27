"""Leaving dead taps out: the same outputs and gradients, to the last digits of a double."""

import itertools

import pytest
import torch
from torch import Tensor, nn

from cpbench.measurements.llc.live import num_live_weights
from cpbench.models import build, taps
from cpbench.models.resnet18 import build_resnet18
from cpbench.models.taps import (
    Axis,
    LiveConv2d,
    convolve,
    cut,
    has_dead_taps,
    live_parameters,
    skip_dead_taps,
)
from cpbench.specs.datasets import Cifar10
from cpbench.specs.models import Resnet18
from cpbench.streams import generator

IMAGENET = Resnet18(kind="resnet18", stem="imagenet", num_outputs=1000)
EXACT = {"rtol": 1e-12, "atol": 1e-12}


def conv(size: int, **options: int) -> nn.Conv2d:
    made = nn.utils.skip_init(nn.Conv2d, 2, 3, size, dtype=torch.float64, **options)
    source = generator(size, "init")
    for weights in made.parameters():
        nn.init.normal_(weights, generator=source)
    return made


def gradients(outputs: Tensor, *leaves: Tensor) -> tuple[Tensor, ...]:
    direction = torch.randn(outputs.shape, dtype=outputs.dtype, generator=generator(9, "order"))
    return torch.autograd.grad(outputs, leaves, direction)


GEOMETRIES = [
    (taps_, stride, padding, dilation)
    for taps_, stride, padding, dilation in itertools.product(
        (1, 2, 3, 7), (1, 2, 3), (0, 1, 3), (1, 2)
    )
    if padding < 2 * taps_
]


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (1, 3), (5, 4), (7, 7)])
def test_outputs_and_all_gradients_are_those_of_the_whole_kernel(size: tuple[int, int]):
    tried = 0
    for number, stride, padding, dilation in GEOMETRIES:
        if min(size) + 2 * padding < dilation * (number - 1) + 1:
            continue
        tried += 1
        one = conv(number, stride=stride, padding=padding, dilation=dilation)
        images = torch.randn((4, 2, *size), dtype=torch.float64, generator=generator(1, "order"))
        images.requires_grad_()
        whole, live = one(images), convolve(images, one)
        torch.testing.assert_close(live, whole, **EXACT)
        for mine, known in zip(
            gradients(live, images, *one.parameters()),
            gradients(whole, images, *one.parameters()),
            strict=True,
        ):
            torch.testing.assert_close(mine, known, **EXACT)
    assert tried > 10


@pytest.mark.parametrize("size", [1, 2, 3, 4, 9])
def test_the_taps_called_live_are_those_that_get_a_gradient(size: int):
    for number, stride, padding, dilation in GEOMETRIES:
        axis = Axis(size, number, stride, padding, dilation)
        if axis.num_outputs < 1:
            continue
        one = nn.Conv1d(1, 1, number, stride, padding, dilation, dtype=torch.float64)
        ones = torch.ones((1, 1, size), dtype=torch.float64)
        (gradient,) = torch.autograd.grad(one(ones).sum(), one.weight)
        assert axis.live() == gradient[0, 0].nonzero().flatten().tolist(), axis


def test_a_kernel_that_sees_all_of_an_image_is_left_whole():
    assert has_dead_taps(conv(3, padding=1), (1, 8))
    assert has_dead_taps(conv(3, stride=2, padding=1), (2, 2))
    assert not has_dead_taps(conv(3, padding=1), (2, 8))
    assert not has_dead_taps(conv(7, stride=2, padding=3), (32, 32))


def test_at_one_pixel_only_the_middle_tap_is_left_and_no_zero_is_added():
    assert cut(Axis(size=1, taps=3, stride=1, padding=1, dilation=1)) == (slice(1, 2), 0, 0)
    assert cut(Axis(size=2, taps=3, stride=2, padding=1, dilation=1)) == (slice(1, 3), 0, 0)
    assert cut(Axis(size=8, taps=3, stride=1, padding=1, dilation=1)) == (slice(0, 3), 1, 1)


def loss_and_gradients(model: nn.Module) -> tuple[Tensor, dict[str, Tensor]]:
    images = torch.randn((3, 3, 32, 32), dtype=torch.float64, generator=generator(2, "order"))
    loss = model(images).square().mean()
    names, leaves = zip(*model.named_parameters(), strict=True)
    return loss, dict(zip(names, torch.autograd.grad(loss, leaves), strict=True))


@pytest.mark.parametrize("stem", ["imagenet", "cifar"])
def test_resnet18_at_32_pixels_gives_the_same_loss_and_gradients(
    stem: str, monkeypatch: pytest.MonkeyPatch
):
    spec = Resnet18.model_validate({"kind": "resnet18", "stem": stem})
    model = build(spec, Cifar10(kind="cifar10"), generator(0, "init"), torch.device("cpu"))
    model = model.double().eval()  # no batch statistics: over three images they would be noise
    whole, known = loss_and_gradients(model)
    monkeypatch.setattr(taps, "SKIPPING", frozenset({"cpu"}))
    live, mine = loss_and_gradients(model)
    torch.testing.assert_close(live, whole, **EXACT)
    for name, gradient in known.items():
        scale = gradient.abs().max().item()
        torch.testing.assert_close(mine[name], gradient, rtol=1e-12, atol=1e-12 * scale)
    if stem == "imagenet":
        dead = mine["layer4.1.conv2.weight"].clone()
        dead[:, :, 1, 1] = 0
        assert dead.count_nonzero() == 0


def test_a_cpu_computes_the_whole_kernel_as_ever(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(taps, "convolve", lambda *_: pytest.fail("the reference would move"))
    layer = skip_dead_taps(nn.Sequential(conv(3, padding=1)))[0]
    images = torch.ones((1, 2, 1, 1), dtype=torch.float64)
    assert isinstance(layer, LiveConv2d)
    assert torch.equal(layer(images), conv(3, padding=1)(images))


def test_weights_keep_their_names_their_order_and_themselves():
    model = nn.Sequential(conv(3), nn.BatchNorm2d(3), nn.Sequential(conv(1)))
    before = dict(model.named_parameters())
    state = torch.random.get_rng_state()
    after = dict(skip_dead_taps(model).named_parameters())
    assert list(after) == list(before)
    assert all(after[name] is before[name] for name in before)
    assert torch.equal(torch.random.get_rng_state(), state)


def test_padding_that_is_not_zeros_is_left_alone():
    model = nn.Sequential(nn.Conv2d(1, 1, 3, padding=1, padding_mode="reflect"))
    assert type(skip_dead_taps(model)[0]) is nn.Conv2d


def test_59_percent_of_resnet18_is_dead_at_32_pixels_and_nothing_at_224():
    with torch.device("meta"):
        model = build_resnet18(IMAGENET, (3, 32, 32), 1000)
    assert live_parameters(model, (3, 32, 32)) == 11_689_512 - 6_946_816
    assert live_parameters(model, (3, 224, 224)) == 11_689_512
    assert model.training


def test_geometry_and_gradients_agree_on_what_is_live():
    cifar = Resnet18(kind="resnet18", stem="imagenet")
    model = build(cifar, Cifar10(kind="cifar10"), generator(0, "init"), torch.device("cpu"))
    assert live_parameters(model, (3, 32, 32)) == num_live_weights(model, torch.zeros(1, 3, 32, 32))
