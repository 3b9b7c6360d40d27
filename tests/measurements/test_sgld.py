"""The chains' promises: the same bits, the stated cost, the stated starts."""

import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from cpbench.measurements.loss_surface import LossSurface
from cpbench.measurements.sgld import Trace, sample, thinning
from cpbench.specs.measurements import Llc


def settings(**changes: float) -> Llc:
    return Llc.model_validate({"kind": "llc", "data": "clean", "at": ["final"], **changes})


def chains(seed: int, **changes: float) -> Trace:
    inputs = torch.randn(100, 20, generator=torch.Generator().manual_seed(0))
    model = nn.Linear(20, 3)
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    chosen = settings(**changes)
    surface = LossSurface(
        model,
        inputs,
        torch.arange(100) % 3,
        loss=functional.cross_entropy,
        chunk_size=chosen.batch_size,
    )
    anchor = surface.slopes(surface.origin[None])
    generator = torch.Generator().manual_seed(seed)
    state = torch.get_rng_state()
    trace = sample(surface, anchor, chosen, nbeta=20.0, generator=generator)
    assert torch.equal(state, torch.get_rng_state())
    return trace


def tensors(trace: Trace) -> tuple[Tensor, ...]:
    return trace.losses, trace.bias, trace.linear, trace.distance


@pytest.mark.parametrize("batch_size", [100, 40], ids=["full batch", "minibatches"])
def test_equal_seeds_give_equal_bits_and_other_seeds_do_not(batch_size: int):
    few = {"num_burnin_steps": 20, "num_draws": 40, "batch_size": batch_size}
    one, same, other = (tensors(chains(seed, **few)) for seed in (3, 3, 4))
    assert all(map(torch.equal, one, same))
    assert not any(map(torch.equal, one, other))


def test_half_of_the_chains_begin_at_the_weights_and_half_spread_as_the_localizer():
    few = {"num_burnin_steps": 1, "num_draws": 20, "step_size": 1e-9, "num_chains": 101}
    trace = chains(0, **few)
    assert trace.num_cold == 51
    first = trace.distance[0]
    assert first[:51].max() < 1e-3
    spread = math.sqrt(63 / settings().localization)
    assert first[51:].square().mean().sqrt().item() == pytest.approx(spread, rel=0.05)


def test_with_minibatches_the_loss_is_read_at_every_few_steps():
    trace = chains(0, num_draws=90, batch_size=10)
    assert trace.losses.shape == trace.bias.shape == (22, 4)
    assert trace.linear.shape == (90, 4)


@pytest.mark.parametrize(
    ("num_examples", "expected"), [(512, 1), (513, 1), (4096, 3), (50_000, 20)]
)
def test_the_full_loss_is_read_as_often_as_costs_a_step(num_examples: int, expected: int):
    assert thinning(settings(), num_examples) == expected
