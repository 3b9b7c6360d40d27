"""What λ̂ ought to be where no formula gives it: long full-batch chains, Metropolis-adjusted.

They sample the density ∝ exp(−U(w) − (γ/2)|w − w*|²), U = nβ(L(w) − L(w*)), exactly at every step
size: a step that would bend the density is refused. Nothing here is shared with the estimator under
test but the formulas of standard errors.

Source: Roberts & Tweedie (1996); acceptance aimed at as Roberts & Rosenthal (1998) advise.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float, Float64
from torch import Tensor, nn

from benchmarks.llc.density import Evaluate, Slope, Task, evaluator
from cpbench.measurements.llc.chain_statistics import batch_error, chain_error, split_r_hat

TARGET_ACCEPTANCE = 0.7
ADAPTATION = 0.7
"""How fast the step size learns: its logarithm moves by (acceptance − target) / t^0.7 ⋅ 3."""


class Length(NamedTuple):
    """The size of a run, and how it is evaluated."""

    num_steps: int = 4000
    """Steps that are read, per chain."""
    num_warmup_steps: int = 1500
    """Steps before, in which each chain's step adapts; then a model's chains share the least."""
    num_chains: int = 4
    """Per model; half begin at w*, half at w* + N(0, I/γ)."""
    is_batched: bool = True
    """Whether all chains are one vmapped program: for dense nets, not for convolutions on CPUs."""


class Reference(NamedTuple):
    """λ̂ = E[U], and whether the chains can be believed."""

    llc: float
    se: float
    """The larger of that of batch means and that of the chains' means."""
    cold: float
    hot: float
    r_hat: float
    acceptance: float
    """Of the chain that has the least."""
    step_size: float
    """ε."""
    variance_share: float
    """Var(U)/λ̂."""


class _State(NamedTuple):
    offset: Float[Tensor, "row weight"]
    """w − w*."""
    slope: Slope


class _Move(NamedTuple):
    state: _State
    chance: Float64[Tensor, " row"]
    """Probability of acceptance."""


def references(
    models: Sequence[nn.Module], task: Task, length: Length, generator: torch.Generator
) -> list[Reference]:
    """Return the exact λ̂ of each model up to Monte Carlo error, all on the same examples.

    Args:
        models: Of one architecture, at w*; evaluated in eval mode, and left in it.
        task: Examples, loss, nβ and γ.
        length: How long to run.
        generator: All of the randomness.
    """
    evaluate = evaluator(models, task, length.num_chains, is_batched=length.is_batched)
    num_weights = sum(each.numel() for each in models[0].parameters())
    offset = torch.zeros(len(models), length.num_chains, num_weights)
    hot = offset[:, (length.num_chains + 1) // 2 :]
    hot += torch.randn(hot.shape, generator=generator) / math.sqrt(task.localization)
    offset = offset.flatten(0, 1)
    state = _State(offset, evaluate(offset))
    step_size = torch.full((len(offset),), 0.01 / task.localization, dtype=torch.float64)
    for step in range(length.num_warmup_steps):
        state, chance = _move(state, evaluate, step_size, task.localization, generator)
        step_size *= torch.exp(3 * (chance - TARGET_ACCEPTANCE) / (step + 1) ** ADAPTATION)
    step_size = _pooled(step_size, length.num_chains)
    draws = torch.empty(length.num_steps, 2, len(offset), dtype=torch.float64)
    for step in range(length.num_steps):
        state, chance = _move(state, evaluate, step_size, task.localization, generator)
        draws[step] = torch.stack([state.slope.excess, chance])
    return [
        _reference(draws[:, :, first : first + length.num_chains], step_size[first].item())
        for first in range(0, len(offset), length.num_chains)
    ]


def _pooled(step_size: Tensor, num_chains: int) -> Tensor:
    """Return the smallest of each model's chains, for all of them: larger, one may get stuck."""
    least = step_size.view(-1, num_chains).min(1).values
    return least.repeat_interleave(num_chains)


def _move(
    state: _State, evaluate: Evaluate, step_size: Tensor, gamma: float, generator: torch.Generator
) -> _Move:
    """Return where a step led, with the probability that the proposal had."""
    offset, slope = state
    epsilon = step_size[:, None].float()
    noise = torch.randn(offset.shape, generator=generator)
    proposal = offset - epsilon / 2 * (slope.pull + gamma * offset) + epsilon.sqrt() * noise
    there = evaluate(proposal)
    back = offset - proposal + epsilon / 2 * (there.pull + gamma * proposal)
    log_ratio = (
        slope.excess
        - there.excess
        - gamma / 2 * (_squares(proposal) - _squares(offset))
        + (_squares(noise) - _squares(back) / epsilon[:, 0].double()) / 2
    )
    chance = log_ratio.clamp(max=0).exp().nan_to_num(0.0)
    is_accepted = torch.rand(len(chance), generator=generator, dtype=torch.float64) < chance
    return _Move(
        _State(
            torch.where(is_accepted[:, None], proposal, offset),
            Slope(
                torch.where(is_accepted, there.excess, slope.excess),
                torch.where(is_accepted[:, None], there.pull, slope.pull),
            ),
        ),
        chance,
    )


def _squares(rows: Tensor) -> Tensor:
    return rows.square().sum(1, dtype=torch.float64)


def _reference(draws: Tensor, step_size: float) -> Reference:
    """Return what the draws of one model say; their shape: draw, (U, acceptance), chain."""
    excess, chance = draws[:, 0], draws[:, 1]
    num_cold = (excess.shape[1] + 1) // 2
    return Reference(
        llc=excess.mean().item(),
        se=max(batch_error(excess), chain_error(excess)),
        cold=excess[:, :num_cold].mean().item(),
        hot=excess[:, num_cold:].mean().item(),
        r_hat=split_r_hat(excess),
        acceptance=chance.mean(0).min().item(),
        step_size=step_size,
        variance_share=(excess.var() / excess.mean()).item(),
    )
