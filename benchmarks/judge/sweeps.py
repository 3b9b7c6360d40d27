"""Sweeps with a known end: what the judge would be given, and what it ought to find.

A seed's accuracy at removal x is, in percent,

    90 + offset − drop · damage(x / end of the seed) + noise

with one offset per seed, shared by all removals, arms and controls; an end of its own per seed and
arm, log-normal around the true one; and independent noise. Damage is a stick, min(x/end, 1), or a
logistic curve that has lost ninety percent of its drop at `end`.
"""

import math
from collections.abc import Mapping
from statistics import NormalDist
from typing import Literal, NamedTuple

import numpy as np

from cpbench.quantities import CURVE, Floats, Readings, Series

SEED = 20_260_731
TOP = 90.0
OFFSET = 1.0
"""Percentage points between seeds, about what digits show; no position depends on it."""
STEEPNESS = 4.0
"""Middle of the logistic damage over its width."""
MIDDLE = 1 / (1 + math.log(9.0) / STEEPNESS)
"""Middle over end: middle + width · ln 9 = end, and width = middle / STEEPNESS."""
NUM_QUANTILES = 400

Truth = Literal["stick", "logistic"]


class Grid(NamedTuple):
    """Removal epochs, and where ends may lie so that twice an end still leaves a plateau."""

    removals: Floats
    earliest: float
    latest: float


GRIDS: Mapping[str, Grid] = {
    "twelve": Grid(np.array([0, 10, 20, 40, 80, 160, 240, 320, 480, 640, 800, 960.0]), 60.0, 230.0),
    "eleven": Grid(np.array([0, 10, 20, 40, 60, 80, 120, 160, 240, 320, 480.0]), 50.0, 115.0),
    "six": Grid(np.array([0, 50, 100, 200, 300, 400.0]), 55.0, 95.0),
}


class Design(NamedTuple):
    """What is true of a sweep, but for its end."""

    grid: str
    truth: Truth
    drop: float
    """Percentage points."""
    noise: float
    """Standard deviation of a reading's own noise, in percentage points."""
    jitter: float
    """Standard deviation of the logarithm of a seed's end."""

    @property
    def removals(self) -> Floats:
        """Removal epochs."""
        return GRIDS[self.grid].removals

    def curve(self, ends: Floats) -> Floats:
        """Return accuracies without offset or noise, in percent; shape [..., removals]."""
        ratio = self.removals / ends[..., None]
        if self.truth == "stick":
            return TOP - self.drop * np.minimum(ratio, 1.0)
        return TOP - self.drop * 0.5 * (1 + np.tanh(STEEPNESS * (ratio / MIDDLE - 1) / 2))

    def half(self, ends: Floats) -> Floats:
        """Return where half of the drop is lost."""
        return ends * (0.5 if self.truth == "stick" else MIDDLE)

    def ninety(self, ends: Floats) -> Floats:
        """Return where ninety percent of the drop is lost."""
        return ends * (0.9 if self.truth == "stick" else 1.0)


def draw_ends(grid: str, num_sweeps: int, generator: np.random.Generator) -> Floats:
    """Return true ends, log-uniform where the grid allows; shape [sweeps]."""
    low, high = math.log(GRIDS[grid].earliest), math.log(GRIDS[grid].latest)
    return np.exp(generator.uniform(low, high, num_sweeps))


def measured(
    design: Design, ends: Mapping[str, Floats], num_seeds: int, generator: np.random.Generator
) -> dict[str, Series]:
    """Return arms that share their seeds; a series holds all sweeps' seeds, sweep after sweep.

    Args:
        design: What is true of every sweep.
        ends: True ends by arm; shape [sweeps].
        num_seeds: Of each sweep.
        generator: For offsets, seeds' own ends and noise.
    """
    num_rows = num_seeds * len(next(iter(ends.values())))
    level = generator.normal(0, OFFSET, (num_rows, 1))
    noise = generator.normal(0, design.noise, (len(ends), 2, num_rows, len(design.removals)))
    arms: dict[str, Series] = {}
    for (arm, each), (on_curve, on_control) in zip(ends.items(), noise, strict=True):
        own = np.exp(design.jitter * generator.normal(size=num_rows))
        curve = design.curve(np.repeat(each, num_seeds) * own)
        arms[arm] = _series(design, level + curve + on_curve, level + TOP + on_control)
    return arms


def limits(design: Design, ends: Floats) -> Series:
    """Return the mean over infinitely many seeds as a series; one row per sweep."""
    shares = (np.arange(NUM_QUANTILES) + 0.5) / NUM_QUANTILES
    own = np.exp(design.jitter * np.array([NormalDist().inv_cdf(float(each)) for each in shares]))
    curve = design.curve(ends[:, None] * own).mean(axis=1)
    clean = np.full((len(ends), len(design.removals)), TOP)
    return _series(design, curve, clean)


def _series(design: Design, curve: Floats, clean: Floats) -> Series:
    accuracy = {CURVE: _readings(curve), "no_deficit": _readings(clean)}
    seeds = tuple(range(len(curve)))
    return Series("p", "main", "test_accuracy", seeds, design.removals, (), accuracy, {})


def _readings(values: Floats) -> Readings:
    return Readings(values, np.zeros(values.shape, dtype=np.bool_))
