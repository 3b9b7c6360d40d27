"""Measurements at work: instruments that read numbers off weights and move none.

Each is `(subjects, spec) -> list[Measured]`: λ̂ of many models runs as one program. The language is
`cpbench/specs/measurements.py`; a contract test compares the two.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cpbench.measurements.accuracy import measure_accuracy
from cpbench.measurements.llc_of_subject import measure_llc
from cpbench.measurements.loss import measure_loss
from cpbench.measurements.subject import Measured, Subject

Instrument = Callable[[Sequence[Subject], Any], list[Measured]]


def _one_by_one(measure: Callable[[Subject, Any], Measured]) -> Instrument:
    return lambda subjects, spec: [measure(subject, spec) for subject in subjects]


INSTRUMENTS: Mapping[str, Instrument] = {
    "accuracy": _one_by_one(measure_accuracy),
    "llc": measure_llc,
    "loss": _one_by_one(measure_loss),
}
