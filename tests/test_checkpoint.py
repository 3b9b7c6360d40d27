import pytest
import torch
from torch import nn

from cpbench.checkpoint import capture, from_bytes, restore, to_bytes
from cpbench.errors import IntegrityError
from cpbench.specs.training import Sgd
from cpbench.streams import generator
from cpbench.training.optimizers import make_optimizer

SPEC = Sgd(kind="sgd", lr=0.1, momentum=0.9)


def net(width: int = 3) -> nn.Module:
    model = nn.Sequential(
        nn.Conv2d(1, width, 3), nn.BatchNorm2d(width), nn.Flatten(), nn.Linear(4 * width, 2)
    )
    source = generator(0, "init")
    for parameter in model.parameters():
        nn.init.uniform_(parameter, -1, 1, generator=source)
    return model.to(memory_format=torch.channels_last)


def step(model: nn.Module, optimizer: torch.optim.Optimizer, counter: int) -> None:
    images = torch.randn((5, 1, 4, 4), generator=generator(0, "order", counter))
    optimizer.zero_grad()
    model(images).square().mean().backward()
    optimizer.step()


def test_training_goes_on_from_a_checkpoint_as_if_it_had_never_stopped():
    model = net()
    optimizer = make_optimizer(model, SPEC)
    step(model, optimizer, 0)
    kept = to_bytes(capture(model, optimizer))
    step(model, optimizer, 1)

    other = net()
    again = make_optimizer(other, SPEC)
    restore(from_bytes(kept), other, again)
    assert to_bytes(capture(other, again)) == kept
    step(other, again, 1)
    assert to_bytes(capture(other, again)) == to_bytes(capture(model, optimizer))


def test_a_checkpoint_is_a_copy():
    model = net()
    kept = from_bytes(to_bytes(capture(model, None))).model
    with torch.no_grad():
        next(model.parameters()).zero_()
    assert kept["0.weight"].abs().sum() > 0


@pytest.mark.parametrize("content", [b"", b"garbage", bytes(100)])
def test_what_is_no_checkpoint_is_an_integrity_error(content: bytes):
    with pytest.raises(IntegrityError, match="not safetensors"):
        from_bytes(content)


def test_a_checkpoint_of_another_model_is_refused_in_one_line():
    with pytest.raises(IntegrityError, match="does not fit its model") as caught:
        restore(from_bytes(to_bytes(capture(net(4), None))), net(3))
    assert "\n" not in str(caught.value)
