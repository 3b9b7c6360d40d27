"""Measurements at work: instruments that read numbers off weights and move none.

Each is `(subject, spec, generator) -> Measured`. The language is `cpbench/specs/measurements.py`; a
contract test compares the two.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch

from cpbench.measurements.accuracy import measure_accuracy
from cpbench.measurements.llc_of_subject import measure_llc
from cpbench.measurements.loss import measure_loss
from cpbench.measurements.subject import Measured, Subject

INSTRUMENTS: Mapping[str, Callable[[Subject, Any, torch.Generator], Measured]] = {
    "accuracy": measure_accuracy,
    "llc": measure_llc,
    "loss": measure_loss,
}
