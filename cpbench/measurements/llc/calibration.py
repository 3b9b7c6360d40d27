"""What is not given is calibrated: how far chains may start, and how large a step may be.

The ladder runs many step sizes at once, two chains each, and takes the largest whose bias is a
small part of λ̂: R-hat cannot see a step too large, Metropolis no minibatch noise, b̂ sees both.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float64
from torch import Tensor

from cpbench.measurements.llc.chains import Chains, Law, normal
from cpbench.measurements.llc.reading import Rung
from cpbench.measurements.llc.settings import MIN_EQUILIBRATION, Settings
from cpbench.measurements.llc.surroundings import Surroundings
from cpbench.measurements.llc.trace import Trace

NUM_RUNGS = 10
"""Step sizes tried, each half of the one before."""
TOP_RUNG = 8.0
"""The largest, as a multiple of one over the sharpest curvature met; 4 is where a bowl diverges."""
NUM_PILOT_STEPS = 200
MAX_PILOT_SHARE = 0.15
"""b̂/λ̂ that a step size may have: the correction is then good to a few percent of λ̂."""
NUM_POWER_STEPS = 12
NUM_SCALES = 16


class Calibration(NamedTuple):
    """What the chains of each point run with; double precision, on the CPU."""

    step_size: Float64[Tensor, " point"]
    """ε."""
    localization: Float64[Tensor, " point"]
    """γ."""
    reach: Float64[Tensor, " point"]
    """Largest scale of noise around w* at which U stays below the number of weights."""
    ladders: tuple[tuple[Rung, ...], ...]
    """What was tried at each point."""


def calibrate(around: Surroundings, settings: Settings) -> Calibration:
    """Return ε, γ and reach of each point; what the settings give is taken as given."""
    reach = _reach(around, settings)
    if settings.step_size is not None:
        steps = torch.full_like(reach, settings.step_size)
        return Calibration(steps, _pull(settings, steps), reach, ((),) * len(steps))
    steps, ladders = _climb(around, settings, reach)
    return Calibration(steps, _pull(settings, steps), reach, ladders)


def start(around: Surroundings, law: Law, reach: Tensor) -> Tensor:
    """Return w − w* of every chain: zero for the first half, noise around w* for the others.

    The noise is the localizer's own, N(0, I/γ), unless the loss rises so steeply that such a start
    is another basin; then it is as wide as U allows.
    """
    scale = torch.minimum(law.localization.rsqrt(), reach.to(law.localization)[:, None])
    offset = scale[..., None] * _noise(around, law.nbeta.shape[1])
    offset[:, : num_cold(law.nbeta.shape[1])] = 0
    return offset


def num_cold(num_chains: int) -> int:
    """Return how many chains begin at w*."""
    return num_chains - num_chains // 2


def _pull(settings: Settings, steps: Tensor) -> Tensor:
    """Return γ: as given, else the weakest for which εγT/2 reaches `MIN_EQUILIBRATION`."""
    if settings.localization is not None:
        return torch.full_like(steps, settings.localization)
    return 2 * MIN_EQUILIBRATION / (steps * settings.num_burnin_steps)


def _noise(around: Surroundings, num_rows: int) -> Tensor:
    origin = around.surface.origin
    return normal(origin[:, None].expand(-1, num_rows, -1), around.noise)


def _reach(around: Surroundings, settings: Settings) -> Tensor:
    """Return the largest scale below which U never exceeds the number of weights."""
    surface = around.surface
    num_weights = surface.origin.shape[1]
    top = 2 * surface.origin.square().mean(1).sqrt().clamp(min=1).double().cpu()
    if settings.localization is not None:
        top = torch.full_like(top, settings.localization**-0.5)
    direction = _noise(around, 1)
    reach = top * 0.5**NUM_SCALES
    inside = torch.ones(surface.num_points, dtype=torch.bool)
    for exponent in range(NUM_SCALES - 1, -1, -1):
        scale = top * 0.5**exponent
        offset = scale.to(direction)[:, None, None] * direction
        losses = surface.losses(surface.origin[:, None] + offset, batch=0)
        excess = around.nbeta * (losses - around.anchor.losses[:, :1])[:, 0]
        inside &= (excess <= num_weights).cpu()  # false where it is not a number
        reach = torch.where(inside, scale, reach)
    return reach


def _climb(
    around: Surroundings, settings: Settings, reach: Tensor
) -> tuple[Tensor, tuple[tuple[Rung, ...], ...]]:
    """Return the step size that is picked for each point, and the ladders."""
    rungs = 0.5 ** torch.arange(NUM_RUNGS, dtype=torch.float64)
    sharpest = around.nbeta * _sharpness(around, reach) + (settings.localization or 0.0)
    ladder = (TOP_RUNG / sharpest)[:, None] * rungs
    columns = torch.full_like(ladder, around.nbeta), _pull(settings, ladder), ladder
    law = Law(*(each.repeat(1, 2).to(around.surface.origin) for each in columns))
    chains = Chains(around, law, start(around, law, reach), num_steps=NUM_PILOT_STEPS // 2)
    chains.skip(NUM_PILOT_STEPS // 2)
    trace = chains.run(NUM_PILOT_STEPS // 2)
    raw, bias = (_per_rung(each.mean(0)).cpu() / 2 for each in (trace.excess, trace.bias))
    tried = torch.stack([ladder, columns[1], raw, bias], dim=2)
    ladders = tuple(
        tuple(Rung(*(value.item() for value in rung)) for rung in point) for point in tried
    )
    return _picked(trace, ladder), ladders


def _picked(trace: Trace, ladder: Tensor) -> Tensor:
    """Return the largest step whose bias is small there and one rung below.

    Where no step's is, as at a point far from any minimum, that with the smallest share of bias.
    """
    # At a point that is no minimum λ̂ may be negative; without the linear term it is a scale.
    scale = (trace.excess - trace.linear).mean(0)
    share = _per_rung(trace.bias.mean(0)) / _per_rung(scale)
    sound = ((share >= 0) & (share <= MAX_PILOT_SHARE)).cpu()  # false where it is not a number
    sound[:, :-1] &= sound[:, 1:].clone()
    least = torch.where(share >= 0, share, torch.inf).argmin(1).cpu()
    largest = sound.int().argmax(1)
    picked = torch.where(sound.any(1), largest, least)
    return ladder.gather(1, picked[:, None])[:, 0]


def _per_rung(of_chains: Tensor) -> Tensor:
    """Return the sum over the two chains of each rung; shape (point, rung)."""
    return of_chains[:, :NUM_RUNGS] + of_chains[:, NUM_RUNGS:]


def _sharpness(around: Surroundings, reach: Tensor) -> Tensor:
    """Return about the largest curvature at half the reach, by power iteration on one batch."""
    surface = around.surface
    scale = reach.to(surface.origin)[:, None, None]
    middle = surface.origin[:, None] + scale / 2 * _noise(around, 1)
    slope = surface.slopes(middle, batch=0).gradients
    direction, step = _noise(around, 1), scale / 8
    size = torch.ones_like(scale)
    for _ in range(NUM_POWER_STEPS):
        size = direction.square().sum(2, keepdim=True).sqrt()
        moved = surface.slopes(middle + step * direction / size.clamp(min=1e-30), batch=0)
        direction = (moved.gradients - slope) / step
    return size[:, 0, 0].double().clamp(min=1e-12).cpu()
