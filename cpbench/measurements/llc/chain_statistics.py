"""How far the mean of correlated draws of several chains can be trusted."""

import math
from typing import NamedTuple

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


class Difference(NamedTuple):
    """A difference of two means, with its standard error."""

    value: float
    se: float


def half_to_half(draws: Draws) -> Difference:
    """Return the mean of the second half of the draws minus that of the first.

    The error is the larger of that between chains and of that within halves: a trend that all
    chains share, which is what is looked for, widens neither much.
    """
    half = len(draws) // 2
    early, late = draws[:half], draws[-half:]
    steps = late.mean(0) - early.mean(0)
    between = steps.std().item() / math.sqrt(len(steps))
    return Difference(steps.mean().item(), max(between, 2 * _error_within_halves(draws)))


def cold_to_hot(draws: Draws, num_cold: int) -> Difference:
    """Return the mean of the later chains minus that of the first `num_cold`.

    The error is that within chains: chains that have not met differ among themselves too.
    """
    cold, hot = draws[:, :num_cold].mean(), draws[:, num_cold:].mean()
    return Difference((hot - cold).item(), 2 * _error_within_halves(draws))


def _error_within_halves(draws: Draws) -> float:
    half = len(draws) // 2
    early, late = draws[:half], draws[-half:]
    return batch_error(torch.cat([early - early.mean(0), late - late.mean(0)]))


def effective_draws(draws: Draws) -> float:
    """Return how many independent draws would give the mean the same standard error."""
    error = batch_error(draws)
    independent = draws.var().item() / error**2 if error > 0 else 1.0
    return min(independent, float(draws.numel()))
