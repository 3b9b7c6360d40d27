"""Statistics of chains against draws whose answers are known."""

import math

import pytest
import torch
from torch import Tensor

from cpbench.measurements.llc.chain_statistics import (
    batch_error,
    chain_error,
    effective_draws,
    split_r_hat,
)


def noise(num_draws: int, num_chains: int) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(num_draws, num_chains, generator=generator, dtype=torch.float64)


def autoregressive(num_draws: int, num_chains: int, memory: float) -> Tensor:
    """Return chains of unit variance in which each draw keeps that much of the last."""
    rows = [noise(num_draws, num_chains)[0]]
    for fresh in noise(num_draws, num_chains)[1:]:
        rows.append(memory * rows[-1] + math.sqrt(1 - memory**2) * fresh)
    return torch.stack(rows)


def test_independent_draws_agree_and_err_by_one_over_root_n():
    draws = noise(4000, 8)
    assert split_r_hat(draws) == pytest.approx(1, abs=2e-3)
    assert batch_error(draws) == pytest.approx(32_000**-0.5, rel=0.2)
    assert chain_error(draws) == pytest.approx(32_000**-0.5, rel=0.6)


def test_correlated_draws_err_by_their_autocorrelation_time():
    memory = 0.9
    draws = autoregressive(20_000, 8, memory)
    time = (1 + memory) / (1 - memory)
    assert batch_error(draws) == pytest.approx(math.sqrt(time / 160_000), rel=0.15)
    assert effective_draws(draws) == pytest.approx(160_000 / time, rel=0.3)


def test_split_r_hat_has_the_value_of_its_formula():
    # Halves with means 0, 0, 2, 2 and variance 2 each: between = 4/3.
    draws = torch.tensor([[-1.0, 1.0], [1.0, 3.0]] * 2, dtype=torch.float64)
    assert split_r_hat(draws) == pytest.approx(math.sqrt(1 / 2 + (4 / 3) / 2))


def test_split_r_hat_sees_chains_apart_and_a_common_trend():
    draws = noise(400, 4)
    assert split_r_hat(draws + torch.tensor([0.0, 0, 1, 1])) > 1.1
    assert split_r_hat(draws + torch.linspace(0, 3, 400)[:, None]) > 1.1


def test_draws_that_do_not_move_never_look_converged():
    assert split_r_hat(torch.ones(40, 2, dtype=torch.float64)) == math.inf
