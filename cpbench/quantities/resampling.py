"""Samples of seeds: the one there is, 2,000 bootstrap draws of it, and each seed alone."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cpbench.quantities.series import Flags, Floats, Series
from cpbench.seeds import derive_seed

NUM_DRAWS = 2000
COVERAGE = (5.0, 95.0)
"""Percentiles that bound a central 90 % interval."""

SeedSet = tuple[int, ...]


class Samples(NamedTuple):
    """How often each seed occurs in each sample; shape [samples, seeds].

    Row 0 is the sample itself, the next are bootstrap draws (Efron 1979), the last single seeds.
    """

    weights: Floats
    num_draws: int

    @property
    def draws(self) -> slice:
        """The rows that are bootstrap draws."""
        return slice(1, 1 + self.num_draws)

    @property
    def singles(self) -> slice:
        """The rows that are one seed each."""
        return slice(1 + self.num_draws, None)


def resample(
    seed_sets: Sequence[SeedSet], seed: int, num_draws: int = NUM_DRAWS
) -> dict[SeedSet, Samples]:
    """Return samples for each distinct set of seeds.

    Equal sets share their draws, so arms and protocols stay paired by seed; different sets are
    drawn independently, and then have no single-seed rows, since nothing pairs them.
    """
    distinct = sorted(set(seed_sets))
    paired = len(distinct) == 1
    samples: dict[SeedSet, Samples] = {}
    for index, seeds in enumerate(distinct):
        generator = np.random.default_rng(derive_seed(seed, "bootstrap", index))
        n = len(seeds)
        draws = generator.multinomial(n, np.full(n, 1 / n), size=num_draws)
        rows = [np.ones((1, n)), draws, np.eye(n) if paired else np.zeros((0, n))]
        samples[seeds] = Samples(np.concatenate(rows).astype(np.float64), num_draws)
    return samples


class View(NamedTuple):
    """A settled series seen through samples of its seeds."""

    series: Series
    samples: Samples

    @property
    def complete(self) -> Flags:
        """Which seeds have all their numbers; the others are left out of every mean."""
        accuracy = [readings.values for readings in self.series.accuracy.values()]
        return np.asarray(~np.isnan(np.concatenate(accuracy, axis=1)).any(axis=1))

    @property
    def num_seeds(self) -> int:
        """How many seeds the means rest on."""
        return int(self.complete.sum())

    def means(self, values: Floats) -> Floats:
        """Return means over each sample's complete seeds, NaN if none; [samples, removals]."""
        kept = self.complete
        weights = self.samples.weights[:, kept]
        count = weights.sum(axis=1, keepdims=True)
        with np.errstate(invalid="ignore"):
            return weights @ values[kept] / np.where(count > 0, count, np.nan)

    def control(self, name: str) -> Floats:
        """Return mean accuracies of a control, or of the curve, in percent; [samples, removals]."""
        return self.means(self.series.accuracy[name].values)
