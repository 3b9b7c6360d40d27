"""How often does the central 90 % interval of `end` and `half` hold what it should?

`nice .venv/bin/python -m benchmarks.judge.coverage`; about ten minutes on one core. "What it
should" is what the same estimator returns on the mean over infinitely many seeds, at the same
removal epochs; beside it stands the end that was put in, from which another curve or a coarse grid
leads away.
"""

import itertools
import logging
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from benchmarks.judge.decisive import NUM_TOGETHER
from benchmarks.judge.draws import NUM_DRAWS, NUM_ROWS, alone, seen, weights, wilson
from benchmarks.judge.place import write
from benchmarks.judge.sweeps import GRIDS, SEED, Design, draw_ends, limits, measured
from cpbench.quantities import COVERAGE, Floats, Samples, Series, measure
from cpbench.seeds import derive_seed
from cpbench.specs.quantities import Arguments

log = logging.getLogger(__name__)

NUM_SWEEPS = 200
"""Per cell."""
NOISES = (0.3, 0.8, 1.5)
WAYS = ("resample", "student")
QUANTITIES: Mapping[str, tuple[str, Arguments]] = {
    estimator: ("end", {"estimator": estimator, "axis": "epochs", "floor": "plateau"})
    for estimator in ("broken_stick_flat", "drop90", "logistic")
} | {"half": ("half", {"axis": "epochs", "floor": "plateau"})}
MODERATE = (
    Design(grid, truth, 8.0, noise, 0.1)
    for grid, truth, noise in itertools.product(GRIDS, ("stick", "logistic"), NOISES)
)
SKEWED = Design("twelve", "stick", 8.0, 0.8, 0.3)
"""Seeds' ends differ by a third, and lopsidedly: not what the t distribution assumes."""
DESIGNS = (*MODERATE, SKEWED)
CELLS = (
    *((3, design) for design in DESIGNS if design.noise in NOISES[1:2]),
    *itertools.product((5, 10), DESIGNS),
)
"""Number of seeds and design; three seeds at the middle noise only."""

Row = dict[str, object]


class Tried(NamedTuple):
    """One interval beside what it should hold."""

    value: float
    low: float
    high: float
    limit: float
    """NaN where even infinitely many seeds only bound it."""
    put_in: float

    def holds(self, position: float) -> bool:
        """Return whether the interval holds a position."""
        return self.low <= position <= self.high


def main() -> None:
    """Run the benchmark and write `coverage.json`."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    cells: list[Row] = []
    for place, (num_seeds, design) in enumerate(CELLS):
        found = run(design, num_seeds, place)
        log.info("%s, %d seeds: %s", design, num_seeds, [each["coverage"] for each in found])
        cells += found
    about = {"seed": SEED, "num_draws": NUM_DRAWS, "num_sweeps": NUM_SWEEPS}
    write("coverage", about | {"cells": cells})


def run(design: Design, num_seeds: int, place: int) -> list[Row]:
    """Return the coverage of every quantity with every way of drawing.

    Args:
        design: What is true of every sweep.
        num_seeds: Of each sweep.
        place: Of the cell, from which its random numbers follow.
    """
    generator = np.random.default_rng(derive_seed(SEED, "split", place))
    tried: dict[tuple[str, str], list[Tried]] = {}
    for _ in range(NUM_SWEEPS // NUM_TOGETHER):
        ends = draw_ends(design.grid, NUM_TOGETHER, generator)
        sweeps = measured(design, {"a": ends}, num_seeds, generator)["a"]
        for way in WAYS:
            samples = weights(way, generator, NUM_TOGETHER, num_seeds)
            for name in QUANTITIES:
                found = _tried(name, design, ends, sweeps, samples)
                tried.setdefault((way, name), []).extend(found)
    told: Row = {**design._asdict(), "num_seeds": num_seeds}
    return [
        told | {"draws": way, "quantity": name} | _summary(found)
        for (way, name), found in tried.items()
    ]


def _tried(
    name: str, design: Design, ends: Floats, sweeps: Series, samples: Samples
) -> Iterator[Tried]:
    quantity, arguments = QUANTITIES[name]
    far = measure(quantity, arguments, alone(limits(design, ends)))
    limit = np.where(far.high > far.low, np.nan, far.low)
    estimate = measure(quantity, arguments, seen(sweeps, samples))
    lows, highs = estimate.low.reshape(-1, NUM_ROWS), estimate.high.reshape(-1, NUM_ROWS)
    at_share = {"half": design.half, "drop90": design.ninety, "logistic": design.ninety}
    put_in = at_share[name](ends) if name in at_share else ends
    for low, high, *position in zip(lows, highs, limit, put_in, strict=True):
        edges = (_edge(low[1:], 0), _edge(high[1:], 1))
        yield Tried(float(low[0]), *edges, *map(float, position))


def _edge(drawn: Floats, side: int) -> float:
    """Return one edge of the interval, as the judge does: the nearest draw that has a position."""
    known = np.sort(drawn[~np.isnan(drawn)])
    return float(known[round(COVERAGE[side] / 100 * (known.size - 1))]) if known.size else np.nan


def _summary(tried: list[Tried]) -> Row:
    """Return counts and shares over the sweeps that have a drop, and a limit that is a point."""
    found = [each for each in tried if not np.isnan([each.value, each.limit]).any()]
    held = sum(each.holds(each.limit) for each in found)
    return {
        "no_drop": sum(bool(np.isnan(each.value)) for each in tried),
        "bounded_limit": sum(bool(np.isnan(each.limit)) for each in tried),
        "sweeps": len(found),
        "holds_limit": held,
        "coverage": round(held / len(found), 4),
        "coverage_95": wilson(held, len(found)),
        "holds_put_in": sum(each.holds(each.put_in) for each in found),
        "limit_below": sum(each.limit < each.low for each in found),
        "limit_above": sum(each.limit > each.high for each in found),
        "median_error": _median([each.value / each.limit - 1 for each in found]),
        "median_put_in_error": _median([each.value / each.put_in - 1 for each in found]),
        "median_width": _median([(each.high - each.low) / each.limit for each in found]),
        "unbounded": sum(bool(np.isinf(each.high)) for each in found),
    }


def _median(shares: list[float]) -> float | None:
    """Return a median rounded to four places, or nothing where it is infinite."""
    median = float(np.median(shares))
    return round(median, 4) if np.isfinite(median) else None


if __name__ == "__main__":
    main()
