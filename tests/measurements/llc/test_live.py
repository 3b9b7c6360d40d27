"""Live weights: those the architecture lets a gradient reach."""

import pytest
import torch
import torchvision
from measurements.llc.subjects import conv_net, is_same, mlp, state, with_weights
from torch import Tensor, nn

from cpbench.measurements.llc.live import num_live_weights


def count(model: nn.Module) -> int:
    return sum(each.numel() for each in model.parameters())


def test_all_weights_of_dense_nets_are_live_whatever_their_values():
    deep = [layer for _ in range(6) for layer in (nn.Linear(16, 16), nn.ReLU())]
    for net in (mlp(), conv_net(), nn.Sequential(nn.Linear(6, 16), *deep)):
        inputs = torch.zeros(1, 2, 4, 4) if isinstance(net[0], nn.Conv2d) else torch.zeros(1, 6)
        assert num_live_weights(net, inputs) == count(net)
        for weights in net.parameters():
            weights.data.zero_()
        assert num_live_weights(net, inputs) == count(net)


@pytest.mark.parametrize("num_classes", [1000, 10])
def test_a_resnet_at_32_pixels_has_as_many_dead_taps_as_are_known(num_classes: int):
    with torch.random.fork_rng():
        net = torchvision.models.resnet18(num_classes=num_classes)
    dead = count(net) - num_live_weights(net, torch.zeros(1, 3, 32, 32))
    assert dead == 6_946_816
    assert count(net) == 11_689_512 - (1000 - num_classes) * 513


def test_taps_that_only_meet_padding_are_dead():
    net = nn.Sequential(nn.Conv2d(1, 3, 3, padding=1, bias=False), nn.Flatten())
    assert num_live_weights(net, torch.zeros(1, 1, 1, 1)) == 3  # the middle of nine
    assert num_live_weights(net, torch.zeros(1, 1, 1, 2)) == 9  # its row
    assert num_live_weights(net, torch.zeros(1, 1, 2, 2)) == 27


def test_a_layer_that_nothing_reads_is_dead():
    class Idle(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.used, self.idle = nn.Linear(6, 4), nn.Linear(6, 5)

        def forward(self, inputs: Tensor) -> Tensor:
            return self.used(inputs)

    net = with_weights(Idle())
    assert (count(net), num_live_weights(net, torch.zeros(1, 6))) == (28 + 35, 28)


def test_tokens_of_any_example_keep_their_embedding_alive():
    class Bag(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding, self.head = nn.Embedding(10, 8), nn.Linear(8, 4)

        def forward(self, tokens: Tensor) -> Tensor:
            return self.head(self.embedding(tokens).mean(1))

    net = with_weights(Bag())
    tokens = torch.tensor([[0, 1, 2], [2, 3, 4], [5, 6, 7]])
    assert num_live_weights(net, tokens) == count(net) - 2 * 8  # tokens 8 and 9 never come


def test_counting_leaves_the_model_as_it_was():
    net = mlp()
    before, random_state = state(net), torch.get_rng_state()
    num_live_weights(net, torch.zeros(1, 6))
    assert is_same(before, state(net))
    assert net.training
    assert all(weights.grad is None for weights in net.parameters())
    assert torch.equal(random_state, torch.get_rng_state())
