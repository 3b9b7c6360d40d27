"""Which backend is chosen: by architecture, shapes and device alone."""

import pytest
import torch
from torch import nn

from cpbench.measurements.llc.backends import choose_backend, num_activations


def convolution() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.Flatten())


@pytest.mark.parametrize(
    ("model", "shape", "batch_size", "backend"),
    [
        (nn.Linear(8, 3), (8,), 64, "vmap"),
        (nn.Linear(3000, 100), (3000,), 64, "loop"),
        (nn.Linear(3000, 100), (3000,), 512, "vmap"),
        (convolution(), (3, 8, 8), 16, "vmap"),
        (convolution(), (3, 32, 32), 64, "loop"),
        (nn.LSTM(4, 4), (5, 4), 8, "loop"),
    ],
    ids=["small", "wide on few", "wide on many", "small images", "large images", "recurrent"],
)
def test_on_a_cpu_the_sizes_decide(
    model: nn.Module, shape: tuple[int, ...], batch_size: int, backend: str
):
    assert choose_backend(model, torch.zeros(1000, *shape), batch_size) == backend


def test_a_batch_is_never_larger_than_the_data():
    assert choose_backend(nn.Linear(3000, 100), torch.zeros(64, 3000), 512) == "loop"


def test_on_a_gpu_chains_start_as_one_kernel():
    inputs = torch.zeros(64, 3, 32, 32, device="meta")
    assert choose_backend(convolution(), inputs, 64) == "vmap"


def test_choosing_leaves_the_model_as_it_was():
    model = nn.Sequential(convolution(), nn.Dropout()).train()
    choose_backend(model, torch.zeros(64, 3, 32, 32), 64)
    assert all(module.training for module in model.modules())
    assert not any(module._forward_hooks for module in model.modules())


def test_activations_are_the_outputs_of_all_modules_for_one_example():
    assert num_activations(nn.Sequential(nn.Linear(4, 7), nn.ReLU()), torch.zeros(5, 4)) == 21
