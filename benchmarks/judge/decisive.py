"""How often does `decisive` err? Two arms whose ends are equal, or of which a's is later.

`nice .venv/bin/python -m benchmarks.judge.decisive`; about ten minutes on one core. The claims are
`end(p.a) > end(p.b)` and `half(p.a) > half(p.b)`, on the quantities of the judge and by its rule,
with the draws of `draws.py`. Both arms have the same seeds and share their draws.
"""

import itertools
import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from benchmarks.judge.draws import NUM_DRAWS, NUM_ROWS, Sweeps, seen, weights, wilson
from benchmarks.judge.place import write
from benchmarks.judge.sweeps import GRIDS, SEED, Design, draw_ends, measured
from cpbench.quantities import Flags, measure
from cpbench.seeds import derive_seed
from cpbench.specs.quantities import Arguments

log = logging.getLogger(__name__)

LEVELS = (0.9, 0.95, 0.99)
MAX_UNDEFINED = 0.1
"""The judge's default."""
NUM_TOGETHER = 5
"""Sweeps seen at once: about what fits into a core's cache."""
QUANTITIES: Mapping[str, Arguments] = {
    "end": {"estimator": "broken_stick_flat", "axis": "epochs", "floor": "plateau"},
    "half": {"axis": "epochs", "floor": "plateau"},
}
DESIGNS = tuple(
    itertools.starmap(
        Design,
        itertools.product(GRIDS, ("stick", "logistic"), (5.0, 10.0), (0.3, 0.8, 1.5), (0.0, 0.1)),
    )
)


class Trial(NamedTuple):
    """Sweeps of every design."""

    factor: float
    """End of a over end of b."""
    num_seeds: int
    draws: tuple[str, ...]
    num_sweeps: int
    """Per design."""

    @property
    def is_equal(self) -> bool:
        """Neither end is later, so that any verdict is wrong."""
        return self.factor <= 1


TRIALS = (
    *(Trial(1.0, n, ("resample", "student"), 80) for n in (3, 5, 10, 20)),
    *(Trial(1.0, n, ("widened", "bayesian", "widened_student"), 20) for n in (3, 5, 10)),
    *(
        Trial(factor, n, ("resample", "student"), 20)
        for factor, n in itertools.product((1.1, 1.3, 2.0), (3, 5, 10, 20))
    ),
)

Key = tuple[str, str, float]
"""Way of drawing, quantity, level."""


def main() -> None:
    """Run the benchmark and write `decisive.json`."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    lines: list[dict[str, object]] = []
    for index, trial in enumerate(TRIALS):
        found = run(trial, index)
        log.info("factor %g, %d seeds: %s", trial.factor, trial.num_seeds, found[0])
        lines += found
    write("decisive", {"seed": SEED, "num_draws": NUM_DRAWS, "cells": lines})


def run(trial: Trial, index: int) -> list[dict[str, object]]:
    """Return counts over all designs and, where the ends are equal, over those that share a trait.

    Args:
        trial: What is run.
        index: Its place, from which its random numbers follow.
    """
    counts: dict[tuple[str, Key], Counter[str]] = {}
    for place, design in enumerate(DESIGNS):
        generator = np.random.default_rng(derive_seed(SEED, "chain", 1000 * index + place))
        traits = [f"{name} {value}" for name, value in design._asdict().items()]
        for _ in range(trial.num_sweeps // NUM_TOGETHER):
            for key, states in _settled(trial, design, generator):
                is_shown = trial.is_equal and key[2] in LEVELS[1:2]
                for trait in ("all designs", *(traits if is_shown else ())):
                    counts.setdefault((trait, key), Counter()).update(states)
    return [
        {
            "factor": trial.factor,
            "num_seeds": trial.num_seeds,
            "designs": trait,
            "draws": draw,
            "quantity": quantity,
            "level": level,
        }
        | _shares(found, is_equal=trial.is_equal)
        for (trait, (draw, quantity, level)), found in counts.items()
    ]


def _settled(
    trial: Trial, design: Design, generator: np.random.Generator
) -> Iterator[tuple[Key, Counter[str]]]:
    ends = draw_ends(design.grid, NUM_TOGETHER, generator)
    arms = measured(design, {"a": ends * trial.factor, "b": ends}, trial.num_seeds, generator)
    for draw in trial.draws:
        samples = weights(draw, generator, NUM_TOGETHER, trial.num_seeds)
        a, b = (seen(arms[arm], samples) for arm in ("a", "b"))
        for quantity in QUANTITIES:
            holds, fails = _later(quantity, a, b)
            for level in LEVELS:
                yield (draw, quantity, level), decided(holds, fails, level)


def _later(quantity: str, a: Sweeps, b: Sweeps) -> tuple[Flags, Flags]:
    """Return in which draws a is known to be later, and in which not to be; [sweeps, draws]."""
    left, right = (measure(quantity, QUANTITIES[quantity], view) for view in (a, b))
    holds, fails = left.low > right.high, left.high <= right.low
    return holds.reshape(-1, NUM_ROWS)[:, 1:], fails.reshape(-1, NUM_ROWS)[:, 1:]


def decided(holds: Flags, fails: Flags, level: float) -> Counter[str]:
    """Return how many sweeps come out yes, no, ambiguous and undefined, by the judge's rule."""
    num_holding = holds.sum(axis=1)
    defined = num_holding + fails.sum(axis=1)
    share = num_holding / np.maximum(defined, 1)
    is_defined = (defined > 0) & (1 - defined / holds.shape[1] <= MAX_UNDEFINED)
    yes = int((is_defined & (share >= level)).sum())
    no = int((is_defined & (share <= 1 - level)).sum())
    undefined = int((~is_defined).sum())
    ambiguous = len(holds) - yes - no - undefined
    return Counter(yes=yes, no=no, ambiguous=ambiguous, undefined=undefined)


def _shares(found: Counter[str], *, is_equal: bool) -> dict[str, object]:
    total = found.total()
    wrong = found["no"] + (found["yes"] if is_equal else 0)
    states = ("yes", "no", "ambiguous", "undefined")
    return {
        **{state: found[state] for state in states},
        "wrong": round(wrong / total, 4),
        "wrong_95": wilson(wrong, total),
        "right": None if is_equal else round(found["yes"] / total, 4),
    }


if __name__ == "__main__":
    main()
