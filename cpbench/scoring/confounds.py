"""Confounds: what differs between a claim's series besides its factor, and nets not trained out."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from cpbench.quantities import CURVE, Series

MIN_TRAIN = 95.0
"""Percent of training accuracy below which a net has not fitted its training set."""
MAX_TRAIN_GAP = 2.0
"""Percentage points by which the curve may train worse or better than its no_deficit control."""

_FIELDS: Mapping[str, str] = {
    "epochs": "total epochs",
    "lr_steps_left": "Σ lr over the steps after the removal",
    "final_lr": "learning rate of the last epoch",
}


def confounds(sides: Sequence[Series]) -> tuple[str, ...]:
    """Return the confounds of a claim, one sentence each.

    Args:
        sides: The distinct series it names.
    """
    return (*_differences(sides), *(gate for series in sides for gate in _convergence(series)))


def _differences(sides: Sequence[Series]) -> Iterator[str]:
    last = {series.name: series.conditions[-1] for series in sides if series.conditions}
    for field, words in _FIELDS.items():
        values = {name: getattr(condition, field) for name, condition in last.items()}
        if len({f"{value:.6g}" for value in values.values()}) > 1:
            listed = ", ".join(f"{name} {value:.4g}" for name, value in values.items())
            yield f"{words} at the last removal epoch: {listed}"


def _convergence(series: Series) -> Iterator[str]:
    trained = _trained(series, CURVE)
    if trained is None:
        return
    fits = f"convergence: {series.name} fits {trained:.1f} % of its training set"
    if trained < MIN_TRAIN:
        yield f"{fits} at the last removal epoch"
    control = _trained(series, "no_deficit")
    if control is not None and abs(control - trained) > MAX_TRAIN_GAP:
        yield f"{fits}, its no_deficit control {control:.1f} %"


def _trained(series: Series, control: str) -> float | None:
    """Return the mean training accuracy at the last removal epoch over the seeds that have one."""
    if control not in series.train:
        return None
    values = series.train[control].values[:, -1]
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else None
