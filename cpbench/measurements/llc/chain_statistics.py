"""How far the mean of correlated draws of several chains can be trusted."""

import math

import torch
from jaxtyping import Float64
from torch import Tensor

Draws = Float64[Tensor, "draw chain"]


def split_r_hat(draws: Draws) -> float:
    """Return split R-hat: 1 where all half-chains agree, infinite where nothing moves.

    Source: Gelman et al. (2013), §11.4.
    """
    half = len(draws) // 2
    halves = torch.cat([draws[:half], draws[-half:]], dim=1)
    within = halves.var(0).mean().item()
    between = halves.mean(0).var().item()
    return math.sqrt((half - 1) / half + between / within) if within > 0 else math.inf


def chain_error(draws: Draws) -> float:
    """Return the standard error of the mean, from the spread of the chains' means."""
    means = draws.mean(0)
    return math.sqrt(means.var().item() / len(means))


def batch_error(draws: Draws) -> float:
    """Return the standard error of the mean, from means of batches of n^(2/3) draws in each chain.

    Source: Flegal & Jones (2010).
    """
    size = math.ceil(len(draws) ** (2 / 3))
    number = len(draws) // size
    means = draws[: number * size].reshape(number, size, -1).mean(1)
    return math.sqrt(means.var(0).mean().item() / means.numel())


def effective_draws(draws: Draws) -> float:
    """Return how many independent draws would give the mean the same standard error."""
    error = batch_error(draws)
    independent = draws.var().item() / error**2 if error > 0 else 1.0
    return min(independent, float(draws.numel()))
