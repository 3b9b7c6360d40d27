"""Metrics: any number of the tidy results by its name, over the seeds that have it.

Metrics are often read on some seeds only, by design, so each removal epoch's mean is over the seeds
that have a number there. λ̂ counts only where the sampler's checks passed; λ̂ of an untrained net
means nothing and counts nowhere.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from cpbench.quantities.resampling import View, means_over
from cpbench.quantities.series import Floats, Series
from cpbench.records.results import Row
from cpbench.specs.quantities import AT_REMOVAL
from cpbench.specs.units import METRICS, Unit

WORST: Mapping[Unit, float] = {"percent": 0.0, "nat": float("inf")}
"""What a diverged run counts as where it counts; other metrics have no worst."""


class Metric(NamedTuple):
    """Which number, read when."""

    name: str
    at: str
    """`removal` or `final`."""

    @property
    def words(self) -> str:
        """What it is called in a sentence."""
        return f"{self.name} at {self.at}"

    @property
    def is_llc(self) -> bool:
        """Whether it comes from the sampler of λ̂."""
        return self.name.startswith("llc")


def metric_of(column: str) -> Metric:
    """Return the metric that a column of a correlation names."""
    name = column.removesuffix(AT_REMOVAL)
    return Metric(name, "final" if name == column else "removal")


def sources_of(series: Series, metric: Metric) -> tuple[str, ...]:
    """Return the measurements that give a metric, sorted."""
    return tuple(sorted({row.measurement for row in _rows(series, metric)}))


def ambiguity(series: Series, metric: Metric, of: str) -> str:
    """Return why a metric is not one number per run, if so; `of` names a measurement or nothing."""
    sources = sources_of(series, metric)
    if not sources:
        return f"{series.name} has no {metric.words}"
    if len(sources) > 1 and of not in sources:
        return f"{', '.join(sources)} all give {metric.words}; write of={sources[0]}"
    return ""


def values_of(series: Series, metric: Metric, of: str) -> Floats:
    """Return a metric of every run in its unit, NaN without number; shape [seeds, removals]."""
    sources = sources_of(series, metric)
    row_of = {seed: index for index, seed in enumerate(series.seeds)}
    column_of = {int(removal): index for index, removal in enumerate(series.removals)}
    values = np.full((len(series.seeds), len(series.removals)), np.nan)
    for row in _rows(series, metric):
        is_asked = row.measurement == of or len(sources) == 1
        if is_asked and row.seed in row_of and row.removal in column_of:
            values[row_of[row.seed], column_of[row.removal]] = _value(series, metric, row)
    return values


def means_of(view: View, values: Floats) -> Floats:
    """Return means over each sample's complete seeds that have a number; [samples, removals]."""
    kept, is_endless = view.complete, np.isinf(values)
    means = means_over(view.samples, np.where(is_endless, 0.0, values), kept)
    # Kept out of the product, where a weight of zero times infinity would be no number.
    counts = np.abs(view.samples.weights[:, kept]) @ is_endless[kept].astype(np.float64)
    return np.where(counts > 0, np.inf, means)


def num_seeds_of(view: View, values: Floats) -> tuple[int, ...]:
    """Return how many complete seeds have a number, by removal epoch."""
    return tuple((~np.isnan(values[view.complete])).sum(axis=0).tolist())


def _rows(series: Series, metric: Metric) -> list[Row]:
    return [row for row in series.rows if (row.name, row.at) == metric]


def _value(series: Series, metric: Metric, row: Row) -> float:
    unit = METRICS[metric.name]
    if row.status == "diverged" and series.on_divergence == "worst":
        return WORST.get(unit, np.nan)
    is_untrained = metric.is_llc and row.epoch == 0
    if row.value is None or row.status != "ok" or is_untrained:
        return np.nan
    return 100 * row.value if unit == "percent" else row.value
