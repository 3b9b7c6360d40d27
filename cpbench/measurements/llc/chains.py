"""Langevin chains around w*: rows of one flat state, each with its own ε, γ and nβ.

One step is w ← w − (ε/2)·D + √ε·ξ with force D = nβ·ĝ + γ(w − w*) and ξ ~ N(0, I). As ε → 0 it
samples the density ∝ exp(−nβ·L(w) − (γ/2)|w − w*|²). On a batch B the gradient is
ĝ = ∇L_B(w) + ∇L(w*) − ∇L_B(w*), and the loss it belongs to, L_B(w) − L_B(w*) +
(∇L(w*) − ∇L_B(w*))·(w − w*), is what λ̂ is read from: at w* both are free of minibatch noise.

Source: Welling & Teh (2011); the localizer is Lau et al. (2023)'s, the control variate Baker et al.
(2019)'s.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from cpbench.measurements.llc.surface import LossSurface
from cpbench.measurements.llc.surroundings import Surroundings
from cpbench.measurements.llc.trace import Trace

EVALUATED = 4096
"""Examples that a draw's loss is read on, at the least; all when there are fewer."""
NUM_PROPOSALS = 20
"""Steps per run at which the whole loss is read and the Metropolis acceptance computed."""
MIN_DRAWS = 20
"""Draws per chain and run, at the least."""

PerChain = Float[Tensor, "point chain"]


class Law(NamedTuple):
    """What each chain samples, and how coarsely."""

    nbeta: PerChain
    localization: PerChain
    """γ."""
    step_size: PerChain
    """ε."""


class Slope(NamedTuple):
    """U and its gradient at each chain's weights, on one batch."""

    excess: Float64[Tensor, "point chain"]
    pull: Float[Tensor, "point chain weight"]
    """nβ·ĝ."""


class Chains:
    """Chains of some points, which can be run on from where they are.

    Args:
        around: The points, and the randomness.
        law: What each chain samples.
        offset: w − w* at the start; shape (point, chain, weight).
        num_steps: About how many a run will take; a draw is averaged over the steps that visit
            `EVALUATED` examples, or over fewer, so that there are at least `MIN_DRAWS`.
    """

    def __init__(
        self,
        around: Surroundings,
        law: Law,
        offset: Float[Tensor, "point chain weight"],
        *,
        num_steps: int,
    ) -> None:
        self._surface, self._anchor = around.surface, around.anchor
        self._noise, self._picks = around.noise, around.picks
        self._law = law
        self._offset = offset
        self._num_evaluated = _batches_evaluated(around.surface)
        self._evaluations = 0
        self.steps_per_draw = max(1, min(self._num_evaluated, num_steps // MIN_DRAWS))
        """Over how many steps a draw is averaged."""

    def skip(self, num_steps: int) -> None:
        """Go on for some steps and read nothing."""
        for _ in range(num_steps):
            pull = self._slope(self._pick()).pull
            self._move(pull, self._force(pull))

    def run(self, num_steps: int) -> Trace:
        """Go on for some steps, a multiple of `steps_per_draw`, and return what was read."""
        every = self.steps_per_draw
        num_draws = num_steps // every
        sums = torch.zeros(
            num_draws, 4, *self._law.nbeta.shape, dtype=torch.float64, device=self._offset.device
        )
        proposals: list[tuple[Tensor, Tensor]] = []
        center = torch.zeros_like(self._surface.origin)
        for step in range(num_draws * every):
            batch = self._pick()
            slope = self._slope(batch)
            force = self._force(slope.pull)
            sums[step // every] += self._observe(slope, force)
            before = self._offset
            noise = self._move(slope.pull, force)
            if (step + 1) % max(1, num_draws * every // NUM_PROPOSALS) == 0:
                evaluated = self._evaluate(before)
                proposals.append((evaluated, self._acceptance(slope, before, noise, batch)))
                center += before.mean(1)
        excess, bias, linear, distance = (sums / every).unbind(1)
        evaluated, acceptance = (torch.stack(each) for each in zip(*proposals, strict=True))
        center /= len(proposals)
        return Trace(excess, bias, linear, distance, evaluated, acceptance, center)

    def excess_at(self, offset: Float[Tensor, "point row weight"]) -> Tensor:
        """Return U at w* + offset on all examples, under the law of each point's first chains.

        Shape:
            returns: point, row; double precision.
        """
        return self._excess(offset, 0, self._surface.num_batches)

    def _pick(self) -> int:
        number = self._surface.num_batches
        return int(torch.randint(number, (), generator=self._picks)) if number > 1 else 0

    def _slope(self, batch: int) -> Slope:
        slopes = self._surface.slopes(self._surface.origin[:, None] + self._offset, batch)
        control = self._anchor.controls[:, batch, None]
        gradient = slopes.gradients
        if self._surface.num_batches > 1:
            gradient = self._surface.share(batch) * gradient + control
        return Slope(
            self._paired(slopes.losses, self._offset, batch),
            self._law.nbeta[..., None] * gradient,
        )

    def _paired(self, losses: Tensor, offset: Tensor, batch: int) -> Tensor:
        """Return U on a batch, paired with w*."""
        excess = self._surface.share(batch) * (losses - self._anchor.losses[:, batch, None])
        if self._surface.num_batches > 1:
            excess += (offset @ self._anchor.controls[:, batch, :, None])[..., 0]
        return self._law.nbeta[:, : losses.shape[1]] * excess

    def _excess(self, offset: Tensor, first: int, number: int) -> Tensor:
        """Return U on neighbouring batches as one, paired with w*."""
        surface, window = self._surface, slice(first, first + number)
        losses = surface.losses(surface.origin[:, None] + offset, first, number)
        shares = losses.new_tensor([surface.share(batch) for batch in range(first, first + number)])
        at_origin = (shares * self._anchor.losses[:, window]).mean(1, keepdim=True)
        excess = shares.mean() * losses - at_origin
        if number < surface.num_batches:
            control = self._anchor.controls[:, window].mean(1)
            excess += (offset @ control[:, :, None])[..., 0]
        return self._law.nbeta[:, : losses.shape[1]] * excess

    def _evaluate(self, offset: Tensor) -> Tensor:
        """Return U on at least `EVALUATED` examples, the next ones at every call."""
        number, total = self._num_evaluated, self._surface.num_batches
        first = min(self._evaluations * number % total, total - number)
        self._evaluations += 1
        return self._excess(offset, first, number)

    def _force(self, pull: Tensor) -> Tensor:
        return torch.addcmul(pull, self._law.localization[..., None], self._offset)

    def _observe(self, slope: Slope, force: Tensor) -> Tensor:
        """Return U, b̂, linear term and squared distance of this step."""
        bias = self._law.step_size / 8 * (slope.pull * force).sum(-1, dtype=torch.float64)
        along = (self._offset @ self._anchor.gradient[:, :, None])[..., 0]
        distance = self._offset.square().sum(-1, dtype=torch.float64)
        return torch.stack([slope.excess, bias, self._law.nbeta * along.double(), distance])

    def _move(self, pull: Tensor, force: Tensor) -> Tensor:
        """Take one step; return its noise ξ."""
        epsilon = self._law.step_size[..., None]
        noise = normal(self._offset, self._noise)
        self._offset = self._offset - epsilon / 2 * force + epsilon.sqrt() * noise
        return noise

    def _acceptance(self, before: Slope, start: Tensor, noise: Tensor, batch: int) -> Tensor:
        """Return the probability that Metropolis would accept the step from `start` to here.

        Source: Roberts & Tweedie (1996).
        """
        after = self._slope(batch)
        gamma, epsilon = self._law.localization[..., None], self._law.step_size[..., None]
        back = start - self._offset + epsilon / 2 * (after.pull + gamma * self._offset)
        backward = (back.square() / epsilon).sum(-1, dtype=torch.float64)
        forward = noise.square().sum(-1, dtype=torch.float64)
        leash = (gamma * (self._offset.square() - start.square())).sum(-1, dtype=torch.float64)
        log_ratio = before.excess - after.excess - leash / 2 + (forward - backward) / 2
        return log_ratio.clamp(max=0).exp()


def _batches_evaluated(surface: LossSurface) -> int:
    share = min(1.0, EVALUATED / surface.num_examples)
    return math.ceil(share * surface.num_batches)


def normal(
    like: Float[Tensor, "point row weight"], generators: Sequence[torch.Generator]
) -> Float[Tensor, "point row weight"]:
    """Return noise N(0, 1), each point's from its own generator."""
    shape, device = like.shape[1:], like.device
    drawn = [torch.randn(shape, generator=each, device=device) for each in generators]
    return drawn[0][None] if len(drawn) == 1 else torch.stack(drawn)
