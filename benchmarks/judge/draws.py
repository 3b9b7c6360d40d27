"""Ways to draw seeds anew, and the view of many sweeps at once through such draws.

`resample` is the judge's bootstrap (Efron 1979). Its variance is (n − 1)/n of the unbiased one, and
it knows nothing of the doubt about that variance; the other ways mend one or both. All are weights
on seeds, so pairing by seed and every quantity stay as they are.
"""

import math
from collections.abc import Callable, Mapping

import numpy as np

from cpbench.quantities import Floats, Samples, Series, View

NUM_DRAWS = 400
"""Per sweep; the judge takes 2,000, which adds less Monte Carlo error and nothing else."""
NUM_ROWS = 1 + NUM_DRAWS
"""The sample itself, then the draws."""
Z = 1.959963984540054
"""Of a 95 % interval."""

Draw = Callable[[np.random.Generator, int, int], Floats]
"""Generator, sweeps and seeds to weights of mean 1 over seeds; shape [sweeps, draws, seeds]."""


def resample(generator: np.random.Generator, num_sweeps: int, num_seeds: int) -> Floats:
    """Return how often each seed occurs among as many drawn with replacement (Efron 1979)."""
    shares = np.full(num_seeds, 1 / num_seeds)
    counts = generator.multinomial(num_seeds, shares, size=(num_sweeps, NUM_DRAWS))
    return counts.astype(np.float64)


def widened(generator: np.random.Generator, num_sweeps: int, num_seeds: int) -> Floats:
    """Return `resample` with deviations times √(n/(n − 1)): the variance is unbiased."""
    counts = resample(generator, num_sweeps, num_seeds)
    return 1 + math.sqrt(num_seeds / (num_seeds - 1)) * (counts - 1)


def widened_student(generator: np.random.Generator, num_sweeps: int, num_seeds: int) -> Floats:
    """Return `widened`, each draw's deviations divided by √(χ²/(n − 1)) as in Student's t."""
    wide = widened(generator, num_sweeps, num_seeds)
    return 1 + (wide - 1) / _doubt(generator, num_sweeps, num_seeds)


def student(generator: np.random.Generator, num_sweeps: int, num_seeds: int) -> Floats:
    """Return weights under which each mean is Student's t around the sample's, n − 1 degrees.

    Normal deviations without their mean, times √(n/(n − 1)), over √(χ²/(n − 1)).

    Source: Student (1908); the posterior of a normal mean at the flat prior, Gelman et al. (2013),
    Bayesian Data Analysis, eq. 3.6.
    """
    deviations = generator.normal(size=(num_sweeps, NUM_DRAWS, num_seeds))
    deviations -= deviations.mean(axis=2, keepdims=True)
    deviations *= math.sqrt(num_seeds / (num_seeds - 1))
    return 1 + deviations / _doubt(generator, num_sweeps, num_seeds)


def bayesian(generator: np.random.Generator, num_sweeps: int, num_seeds: int) -> Floats:
    """Return Dirichlet weights: the Bayesian bootstrap (Rubin 1981)."""
    return num_seeds * generator.dirichlet(np.ones(num_seeds), size=(num_sweeps, NUM_DRAWS))


DRAWS: Mapping[str, Draw] = {
    "resample": resample,
    "widened": widened,
    "bayesian": bayesian,
    "widened_student": widened_student,
    "student": student,
}


class Sweeps(View):
    """Many sweeps seen at once; a sample is a row of one sweep, and holds only its seeds."""

    def means(self, values: Floats) -> Floats:
        """Return means under each sample's weights; shape [sweeps · rows, removals]."""
        num_seeds = self.samples.weights.shape[1]
        weights = self.samples.weights.reshape(-1, NUM_ROWS, num_seeds)
        by_sweep = values.reshape(len(weights), num_seeds, -1)
        means = weights @ by_sweep / num_seeds
        return means.reshape(-1, values.shape[1])


class Alone(View):
    """Curves that are no means: each is a sample."""

    def means(self, values: Floats) -> Floats:
        """Return the curves; shape [samples, removals]."""
        return values


def weights(draw: str, generator: np.random.Generator, num_sweeps: int, num_seeds: int) -> Samples:
    """Return samples of many sweeps, row 0 of each being the sweep as it is."""
    drawn = DRAWS[draw](generator, num_sweeps, num_seeds)
    rows = np.concatenate([np.ones((num_sweeps, 1, num_seeds)), drawn], axis=1)
    return Samples(rows.reshape(-1, num_seeds), len(drawn) * NUM_ROWS - 1)


def seen(series: Series, samples: Samples) -> Sweeps:
    """Return a series of many sweeps through their samples."""
    return Sweeps(series, samples)


def alone(series: Series) -> Alone:
    """Return a series of curves as they are."""
    return Alone(series, Samples(np.ones((len(series.seeds), 1)), len(series.seeds) - 1))


def wilson(count: int, total: int) -> list[float]:
    """Return a share's 95 % interval (Wilson 1927), rounded to four places.

    Raises:
        ZeroDivisionError: Nothing was counted.
    """
    share = count / total
    middle = share + Z**2 / (2 * total)
    reach = Z * math.sqrt(share * (1 - share) / total + Z**2 / (4 * total**2))
    scale = 1 + Z**2 / total
    return [round((middle - reach) / scale, 4), round((middle + reach) / scale, 4)]


def _doubt(generator: np.random.Generator, num_sweeps: int, num_seeds: int) -> Floats:
    freedom = num_seeds - 1
    return np.sqrt(generator.chisquare(freedom, (num_sweeps, NUM_DRAWS, 1)) / freedom)
