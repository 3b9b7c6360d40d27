"""Units of the claim language, and what is counted in them: axes, currencies and metrics."""

from collections.abc import Mapping
from itertools import product
from typing import Literal

Unit = Literal["1", "epoch", "step", "example", "lr_steps", "percent", "pp", "nat"]
"""`percent` is a level of accuracy, `pp` a difference of two levels, `1` a plain number."""

UNIT_WORDS: Mapping[str, Unit] = {
    "epoch": "epoch",
    "step": "step",
    "example": "example",
    "lr_steps": "lr_steps",
    "percent": "percent",
    "%": "percent",
    "pp": "pp",
    "nat": "nat",
    "fraction": "1",
}

PLURALS: Mapping[str, Unit] = {
    "epochs": "epoch",
    "steps": "step",
    "examples": "example",
    "nats": "nat",
}
"""Read like the singular; errors do not list them."""

AXES: Mapping[str, Unit] = {
    "epochs": "epoch",
    "steps": "step",
    "examples": "example",
    "lr_steps": "lr_steps",
}
"""What positions on a curve are counted in; `lr_steps` is Σ lr over the steps after the removal."""

CURRENCIES: Mapping[str, Unit] = {
    "epochs": "epoch",
    "steps": "step",
    "examples": "example",
    "lr": "lr_steps",
}
"""What a budget is counted in; `lr` is Σ lr over the steps that are left."""

_SPLITS = ("test", "train")
_STATES = ("", "_recalibrated", "_under_deficit")

METRICS: Mapping[str, Unit] = {
    **{f"{split}_accuracy{state}": "percent" for split, state in product(_SPLITS, _STATES)},
    **{f"{split}_loss{state}": "nat" for split, state in product(_SPLITS, _STATES)},
    "llc": "1",
    "llc_raw": "1",
    "llc_bias": "1",
    "llc_se": "1",
    "llc_low": "1",
    "llc_high": "1",
    "llc_variance_share": "1",
    "llc_about_mean": "1",
    "llc_loss": "nat",
}
"""Numbers of the tidy results that a claim may name; settings of an instrument are none."""
