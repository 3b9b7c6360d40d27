"""Samples of seeds: the one there is, 2,000 draws around it, and each seed alone.

`resample`, the plain bootstrap (Efron 1979), counts how often each
seed is drawn; a mean then spreads by s √((n − 1)/n) / √n, which is too narrow at few seeds:
an interval that should hold the truth in 90 % of studies does in 62 % with three seeds and 78 %
with five. `student` spreads a mean exactly as Student's t with n − 1 degrees of freedom, jointly
over all points, arms and controls, and holds it in 86 to 89 %
(`docs/design/judge_simulations.md`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeVar, cast

import numpy as np

from cpbench.quantities.series import Flags, Floats, Series
from cpbench.seeds import derive_seed

NUM_DRAWS = 2000
COVERAGE = (5.0, 95.0)
"""Percentiles that bound a central 90 % interval."""

SeedSet = tuple[int, ...]
Law = Literal["student", "resample"]
Made = TypeVar("Made")


class Samples(NamedTuple):
    """How much each seed counts in each sample; shape [samples, seeds].

    Row 0 is the sample itself, the next are draws, the last single seeds.
    """

    weights: Floats
    """Draws under `student` hold a normal deviate per seed instead: what is drawn is the mean."""
    num_draws: int
    chi_squares: Floats | None = None
    """Under `student`, a χ² of 1, 2, … n − 1 degrees in each draw; shape [draws, seeds − 1]."""

    @property
    def draws(self) -> slice:
        """The rows that are draws."""
        return slice(1, 1 + self.num_draws)

    @property
    def singles(self) -> slice:
        """The rows that are one seed each."""
        return slice(1 + self.num_draws, None)


def resample(
    seed_sets: Sequence[SeedSet],
    seed: int,
    num_draws: int = NUM_DRAWS,
    law: Law = "student",
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
        n, chi_squares = len(seeds), None
        if law == "student":
            draws = generator.standard_normal((num_draws, n))
            chi_squares = (generator.standard_normal((num_draws, n - 1)) ** 2).cumsum(axis=1)
        else:
            draws = generator.multinomial(n, np.full(n, 1 / n), size=num_draws)
        rows = [np.ones((1, n)), draws, np.eye(n) if paired else np.zeros((0, n))]
        weights = np.concatenate(rows).astype(np.float64)
        samples[seeds] = Samples(weights, num_draws, chi_squares)
    return samples


def means_over(samples: Samples, values: Floats, kept: Flags) -> Floats:
    """Return means over the seeds that are kept and have a number, NaN where a sample has none.

    Args:
        samples: How much each seed counts.
        values: NaN where there is no number; shape [seeds, columns].
        kept: Which seeds count at all; shape [seeds].

    Returns:
        Shape [samples, columns].
    """
    weights, values = samples.weights[:, kept], values[kept]
    known = ~np.isnan(values)
    filled = np.where(known, values, 0.0)
    count = weights @ known.astype(np.float64)
    with np.errstate(invalid="ignore"):
        means = weights @ filled / np.where(count > 0, count, np.nan)
    if samples.chi_squares is not None:
        means[samples.draws] = _student(weights[samples.draws], samples.chi_squares, filled, known)
    return means


def _student(deviates: Floats, chi_squares: Floats, values: Floats, known: Flags) -> Floats:
    """Return draws of means: mean + t·s/√k, t of k − 1 degrees where k seeds have a number.

    Σ zᵢ (xᵢ − mean) is normal with variance (k − 1) s²; over √(k (k − 1)) it is as wide as the
    mean; the root of a χ² over its degrees makes it a t. Columns share z and the normals that the
    χ² sums, so they stay paired. One seed has no spread.

    Args:
        deviates: Standard normal; shape [draws, seeds].
        chi_squares: Of 1, 2, … degrees; shape [draws, at least k − 1].
        values: 0 where there is no number; shape [seeds, columns].
        known: Where there is one.
    """
    k = known.sum(axis=0)
    with np.errstate(invalid="ignore"):
        centre = values.sum(axis=0) / np.where(k > 0, k, np.nan)
        apart = np.where(known, values - centre, 0.0) / np.sqrt(np.maximum(k * (k - 1), 1))
    spread = np.ones((len(deviates), len(k)))
    for count in {int(each) for each in k if each > 1}:
        spread[:, k == count] = np.sqrt(chi_squares[:, [count - 2]] / (count - 1))
    return np.asarray(centre + deviates @ apart / spread)


@dataclass(frozen=True)
class View:
    """A settled series seen through samples of its seeds."""

    series: Series
    samples: Samples
    _made: dict[str, object] = field(default_factory=dict, repr=False, compare=False)

    def once(self, name: str, make: Callable[[], Made]) -> Made:
        """Return what is made of this view, made at most once: a dozen quantities share a fit.

        Args:
            name: Of what is made; the same name for the same thing only.
            make: Makes it.
        """
        if name not in self._made:
            self._made[name] = make()
        return cast("Made", self._made[name])

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
        return means_over(self.samples, values, self.complete)

    def control(self, name: str) -> Floats:
        """Return mean accuracies of a control, or of the curve, in percent; [samples, removals]."""
        return self.once(f"mean of {name}", lambda: self.means(self.series.accuracy[name].values))
