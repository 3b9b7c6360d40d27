"""What must hold before chains start: L is a function of the weights, with this gradient."""

import torch
from torch import Tensor

from cpbench.measurements.llc.chains import normal
from cpbench.measurements.llc.surroundings import Surroundings

MAX_NOISE = 0.02
"""Difference of U between two evaluations above which a loss is no function of the weights."""
PROBE = 0.3
"""How far from w* the gradient is checked, in root mean squares of w*."""
STRETCH = 0.01
"""Half the relative length of the step along which it is."""
NUM_PROBES = 6
MAX_MISMATCH = 0.1
"""Relative difference between slopes and difference quotients."""
ROUNDING = 1e-6
"""Relative error of a loss, on the safe side."""


def refusals(around: Surroundings) -> list[str | None]:
    """Return why chains need not even start at each point; None where they may."""
    at = around.anchor
    is_finite = at.loss.isfinite() & at.gradient.isfinite().all(1)
    found: list[str | None] = [
        None if finite else "loss or gradient at the weights is not finite"
        for finite in map(bool, is_finite)
    ]
    checks = {
        "the loss is random: two evaluations at the same weights differ": _is_random(around),
        "the gradient is not that of the loss: part of the model is cut off from it": (
            _is_wrong_slope(around)
        ),
    }
    for reason, applies in checks.items():
        found = [
            known or (reason if is_so else None)
            for known, is_so in zip(found, map(bool, applies), strict=True)
        ]
    return found


def _is_random(around: Surroundings) -> Tensor:
    """Return of each point whether its loss changes, or draws random numbers, at equal weights."""
    surface = around.surface
    before = _random_state(surface.origin)
    again = surface.losses(surface.origin[:, None], batch=0)[:, 0]
    if not torch.equal(before, _random_state(surface.origin)):
        return torch.ones(surface.num_points, dtype=torch.bool)
    return around.nbeta * (again - around.anchor.losses[:, 0]).abs() > MAX_NOISE


def _random_state(like: Tensor) -> Tensor:
    states = [torch.get_rng_state()]
    if like.device.type == "cuda":
        states.append(torch.cuda.get_rng_state(like.device))
    return torch.cat(states)


def _is_wrong_slope(around: Surroundings) -> Tensor:
    """Return of each point whether slopes away from w* differ from difference quotients.

    Along w − w* all weights change, so no part of the model can hide; several probes together, so
    that neither a kink of a rectifier nor parts that cancel can raise a false alarm.
    """
    surface = around.surface
    origin = surface.origin[:, None]
    noise = torch.Generator(origin.device).manual_seed(0)
    scale = PROBE * origin.square().mean(2, keepdim=True).sqrt()
    scale = torch.where(scale > 0, scale, PROBE)
    offset = scale * normal(origin[:1].expand(-1, NUM_PROBES, -1), [noise])
    slopes = surface.slopes(origin + offset, batch=0)
    slope = (slopes.gradients * offset).sum(2, dtype=torch.float64)
    above, below = (
        surface.losses(origin + (1 + side * STRETCH) * offset, batch=0) for side in (1.0, -1.0)
    )
    quotient = (above - below) / (2 * STRETCH)
    size = torch.maximum(slope.square().sum(1), quotient.square().sum(1)).sqrt()
    floor = ROUNDING * slopes.losses.abs().sum(1) / STRETCH
    # False where it is not a number: then there is nothing to compare.
    return (slope - quotient).square().sum(1).sqrt() > MAX_MISMATCH * size + floor
