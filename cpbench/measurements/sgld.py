"""Langevin chains around w*, run as the rows of one flat state.

One step is w ← w − (ε/2)·D + √ε·ξ with force D = nβ·∇L̂(w) + γ(w − w*) and ξ ~ N(0, I). As ε → 0 it
samples the density ∝ exp(−nβ·L(w) − (γ/2)|w − w*|²).

Source: Welling & Teh (2011); the localizer is Lau et al. (2023)'s, the control variate Baker et al.
(2019)'s.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from cpbench.measurements.loss_surface import LossSurface, Slopes
from cpbench.specs.measurements import Llc

MIN_LOSSES = 20
"""Losses read per chain at the least, however large the set."""


class Trace(NamedTuple):
    """What the chains passed through after the burn-in; the first `num_cold` chains began at w*."""

    losses: Float64[Tensor, "draw chain"]
    """L on all examples."""
    bias: Float64[Tensor, "draw chain"]
    """(ε/8)·nβ·ĝ·D, averaged over the steps each draw stands for."""
    linear: Float64[Tensor, "step chain"]
    """∇L(w*)·(w − w*)."""
    distance: Float64[Tensor, "step chain"]
    """|w − w*|."""
    num_cold: int

    @property
    def num_finite(self) -> int:
        """Chains without one non-finite loss, force or distance."""
        parts = (self.losses, self.bias, self.linear, self.distance)
        return int(torch.stack([part.isfinite().all(0) for part in parts]).all(0).sum())


def thinning(settings: Llc, num_examples: int) -> int:
    """Return k: L is read at every k-th step, each if it is free, else about at a step's cost.

    A forward pass over n examples costs as much as n/(3m) gradients of m.
    """
    if num_examples <= settings.batch_size:
        return 1
    return min(
        math.ceil(num_examples / (3 * settings.batch_size)), settings.num_draws // MIN_LOSSES
    )


def sample(
    surface: LossSurface, anchor: Slopes, settings: Llc, nbeta: float, generator: torch.Generator
) -> Trace:
    """Return what `num_chains` chains passed through; half begin at w*, half at w* + N(0, I/γ).

    Args:
        surface: The loss to sample from.
        anchor: Loss and gradient at w* on all examples, as one row.
        settings: ε, γ and the sizes of the run.
        nbeta: nβ.
        generator: All of the randomness; noise is drawn on its device.
    """
    step_size, every = settings.step_size, thinning(settings, surface.num_examples)
    is_whole = surface.num_examples <= settings.batch_size
    slopes_at = _slopes_at(surface, anchor, settings, generator)
    offset = _start(surface.origin, settings, generator)
    losses: list[Tensor] = []
    steps: list[tuple[Tensor, Tensor, Tensor]] = []
    for step in range(-settings.num_burnin_steps, settings.num_draws):
        weights = surface.origin + offset
        slopes = slopes_at(weights)
        pull = nbeta * slopes.gradients
        force = pull + settings.localization * offset
        if step >= 0:
            bias = (step_size / 8) * (pull * force).sum(1, dtype=torch.float64)
            linear = (offset @ anchor.gradients[0]).double()
            distance = offset.square().sum(1, dtype=torch.float64).sqrt()
            steps.append((bias, linear, distance))
            if (step + 1) % every == 0:
                losses.append(slopes.losses if is_whole else surface.losses(weights))
        noise = _normal(offset, generator)
        offset = offset - (step_size / 2) * force + math.sqrt(step_size) * noise
    bias, linear, distance = (torch.stack(column) for column in zip(*steps, strict=True))
    bias_by_draw = bias[: len(losses) * every].reshape(len(losses), every, -1).mean(1)
    return Trace(torch.stack(losses), bias_by_draw, linear, distance, _num_cold(settings))


def _slopes_at(
    surface: LossSurface, anchor: Slopes, settings: Llc, generator: torch.Generator
) -> Callable[[Tensor], Slopes]:
    """Return ∇L̂: of all examples, or g_full(w*) + g_B(w) − g_B(w*) on a batch all chains share."""
    if surface.num_examples <= settings.batch_size:
        return surface.slopes

    def on_batch(weights: Tensor) -> Slopes:
        order = torch.randperm(surface.num_examples, generator=generator, device=generator.device)
        batch = order[: settings.batch_size].to(weights.device)
        slopes = surface.slopes(torch.cat([weights, surface.origin[None]]), batch)
        control = anchor.gradients - slopes.gradients[-1:]
        return Slopes(slopes.losses[:-1], slopes.gradients[:-1] + control)

    return on_batch


def _start(origin: Tensor, settings: Llc, generator: torch.Generator) -> Tensor:
    """Return w − w* of every chain: zero if cold, drawn from the localizer if hot."""
    offset = _normal(origin.expand(settings.num_chains, -1), generator)
    offset[: _num_cold(settings)] = 0
    return offset / math.sqrt(settings.localization)


def _num_cold(settings: Llc) -> int:
    return settings.num_chains - settings.num_chains // 2


def _normal(like: Tensor, generator: torch.Generator) -> Float[Tensor, "chain weight"]:
    return torch.randn(like.shape, generator=generator, device=generator.device).to(like)
