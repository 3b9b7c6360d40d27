"""Calibrate, burn in, draw, check; draw on until the checks pass or the budget ends."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import torch

from cpbench.measurements.llc.calibration import Calibration, calibrate, start
from cpbench.measurements.llc.chains import Chains, Law
from cpbench.measurements.llc.diagnosis import Finding, find
from cpbench.measurements.llc.reading import Conditions
from cpbench.measurements.llc.settings import MIN_EQUILIBRATION, Settings
from cpbench.measurements.llc.surroundings import Surroundings
from cpbench.measurements.llc.trace import Trace


def sample(
    around: Surroundings, settings: Settings, conditions: Sequence[Conditions]
) -> list[Finding]:
    """Return what chains around each point find.

    Args:
        around: The points' loss, its values at w*, and the randomness.
        settings: What is given; the rest is calibrated.
        conditions: What is known of each point before any chain runs.
    """
    calibration = calibrate(around, settings)
    law = _law(around, settings, calibration)
    offset = start(around, law, calibration.reach)
    chains = Chains(around, law, offset, num_steps=settings.num_draws)
    num_burnin = _num_burnin(settings, calibration)
    chains.skip(num_burnin)
    num_run = -(-settings.num_draws // chains.steps_per_draw) * chains.steps_per_draw
    stretch = _Stretch(num_burnin, chains.run(num_run), num_run)
    while True:
        known = _with(conditions, calibration, stretch)
        found = _findings(chains, stretch.trace, known, settings)
        outlooks = {each.outlook for each in found}
        if not outlooks & {"restart", "longer"} or 2 * num_run > settings.max_draws:
            return [
                Finding(replace(each.reading, ladder=ladder), each.outlook)
                for each, ladder in zip(found, calibration.ladders, strict=True)
            ]
        later = chains.run(num_run)
        if "restart" in outlooks:
            stretch = _Stretch(stretch.end, later, num_run)
        else:
            both = stretch.trace.then(later)
            stretch = _Stretch(stretch.num_burnin, both, stretch.num_draws + num_run)
        num_run *= 2


def _num_burnin(settings: Settings, calibration: Calibration) -> int:
    """Return the steps of the burn-in: more than asked for if γ is weak and the budget allows."""
    rate = (calibration.step_size * calibration.localization).min().item()
    needed = 2 * MIN_EQUILIBRATION / rate if rate > 0 else 0.0  # nothing helps a rate of no number
    budget = max(settings.num_burnin_steps, settings.max_draws)
    return max(settings.num_burnin_steps, math.ceil(min(needed, budget)))


class _Stretch(NamedTuple):
    """The draws that are averaged, and what came before them."""

    num_burnin: int
    trace: Trace
    num_draws: int

    @property
    def end(self) -> int:
        return self.num_burnin + self.num_draws


def _with(
    conditions: Sequence[Conditions], calibration: Calibration, stretch: _Stretch
) -> list[Conditions]:
    """Return the conditions with what calibration and drawing added."""
    return [
        each._replace(
            step_size=calibration.step_size[point].item(),
            localization=calibration.localization[point].item(),
            num_burnin_steps=stretch.num_burnin,
            num_draws=stretch.num_draws,
            equilibration=(calibration.step_size * calibration.localization)[point].item()
            * stretch.num_burnin
            / 2,
        )
        for point, each in enumerate(conditions)
    ]


def _findings(
    chains: Chains, trace: Trace, conditions: Sequence[Conditions], settings: Settings
) -> list[Finding]:
    at_mean = chains.excess_at(trace.center[:, None])[:, 0]
    return [
        find(trace, point, at_mean[point].item(), known, settings.precision)
        for point, known in enumerate(conditions)
    ]


def _law(around: Surroundings, settings: Settings, calibration: Calibration) -> Law:
    columns = (
        torch.full_like(calibration.reach, around.nbeta),
        calibration.localization,
        calibration.step_size,
    )
    origin = around.surface.origin
    return Law(*(each.to(origin)[:, None].expand(-1, settings.num_chains) for each in columns))
