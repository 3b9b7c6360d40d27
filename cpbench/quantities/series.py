"""A series: one arm's curve and controls as arrays over seeds and removal epochs."""

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cpbench.records.plans import Condition, Plan
from cpbench.records.results import Row
from cpbench.specs.units import METRICS

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

CURVE = ""
TRAIN = "train_accuracy"
MOMENTS = {"removal", "final"}


class Readings(NamedTuple):
    """One control's final accuracies, or the curve's."""

    values: Floats
    """Percent; shape [seeds, removals]; NaN where there is no number."""
    diverged: Flags
    """Same shape: the run blew up, so it has no number and never will."""

    @property
    def num_missing(self) -> int:
        """Runs that should have a number and do not have one yet."""
        return int((np.isnan(self.values) & ~self.diverged).sum())


class Series(NamedTuple):
    """All that was read of one arm of one protocol, as claims see it."""

    protocol: str
    arm: str
    metric: str
    seeds: tuple[int, ...]
    removals: Floats
    """Removal epochs, increasing; shape [removals]."""
    conditions: tuple[Condition, ...]
    """The curve's condition at each removal epoch."""
    accuracy: Mapping[str, Readings]
    """Test accuracy by control; the curve under the empty name."""
    train: Mapping[str, Readings]
    """Clean training accuracy, likewise."""
    problem: str = ""
    """Why no quantity can be taken, if so."""
    rows: tuple[Row, ...] = ()
    """The curve's numbers that a claim may name as a metric."""
    on_divergence: Literal["worst", "drop"] = "drop"
    """How it was settled."""

    @property
    def name(self) -> str:
        """The series as a claim writes it."""
        return self.protocol if self.arm == "main" else f"{self.protocol}.{self.arm}"

    def column(self, removal: int) -> int:
        """Return where a removal epoch of the sweep stands in the arrays."""
        return int(np.searchsorted(self.removals, removal))

    def settled(self, on_divergence: Literal["worst", "drop"], controls: Iterable[str]) -> "Series":
        """Return the series with these controls only, and no diverged run left.

        `worst` counts a diverged run as 0 % accuracy, the worst there is; `drop` leaves its seed
        out everywhere, so that means at different removals stay means over the same seeds.
        """
        kept = {name: self.accuracy[name] for name in (CURVE, *controls) if name in self.accuracy}
        fallen = np.concatenate([readings.diverged for readings in kept.values()], axis=1)
        lost = np.asarray(fallen.any(axis=1))[:, None]
        settled: dict[str, Readings] = {}
        for name, (values, diverged) in kept.items():
            if on_divergence == "worst":
                settled[name] = Readings(np.where(diverged, 0.0, values), diverged)
            else:
                settled[name] = Readings(np.where(lost, np.nan, values), diverged | lost)
        return self._replace(accuracy=settled, on_divergence=on_divergence)


def read_series(plan: Plan, rows: Iterable[Row]) -> dict[str, Series]:
    """Return a protocol's series by arm.

    Args:
        plan: Which runs there must be, and what each cost.
        rows: The protocol's tidy results.
    """
    cells: dict[tuple[str, str, str], list[Row]] = {}
    metrics: dict[str, list[Row]] = {}
    for row in rows:
        if row.at == "final" and row.name in {plan.metric, TRAIN}:
            cells.setdefault((row.name, row.arm, row.control), []).append(row)
        if not row.control and row.at in MOMENTS and row.name in METRICS:
            metrics.setdefault(row.arm, []).append(row)
    return {
        arm: _series(plan, arm, cells)._replace(rows=tuple(metrics.get(arm, ())))
        for arm in plan.arms
    }


def _series(plan: Plan, arm: str, cells: Mapping[tuple[str, str, str], list[Row]]) -> Series:
    conditions = [each for each in plan.conditions if each.arm == arm]
    curve = sorted(
        (each for each in conditions if each.control == CURVE), key=lambda each: each.removal
    )
    removals = [each.removal for each in curve]
    problem = (
        ""
        if len(set(removals)) == len(removals)
        else "several sweep points share one removal epoch"
    )
    names = sorted({each.control for each in conditions})
    grid = _Grid(plan.seeds, tuple(sorted(set(removals))))
    return Series(
        protocol=plan.protocol,
        arm=arm,
        metric=plan.metric,
        seeds=plan.seeds,
        removals=np.array(removals, dtype=np.float64),
        conditions=tuple(curve),
        accuracy={name: grid.readings(cells.get((plan.metric, arm, name), [])) for name in names},
        train={name: grid.readings(cells.get((TRAIN, arm, name), [])) for name in names},
        problem=problem,
    )


class _Grid(NamedTuple):
    seeds: tuple[int, ...]
    removals: tuple[int, ...]

    def readings(self, rows: Iterable[Row]) -> Readings:
        """Return rows as arrays; a row outside the plan is left out."""
        row_of = {seed: index for index, seed in enumerate(self.seeds)}
        column_of = {removal: index for index, removal in enumerate(self.removals)}
        values = np.full((len(self.seeds), len(self.removals)), np.nan)
        diverged = np.zeros(values.shape, dtype=np.bool_)
        for row in rows:
            if row.seed in row_of and row.removal in column_of:
                place = row_of[row.seed], column_of[row.removal]
                diverged[place] = row.status == "diverged"
                values[place] = np.nan if row.value is None or diverged[place] else 100 * row.value
        return Readings(values, diverged)
