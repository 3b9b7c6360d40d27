"""λ̂ of a subject: which examples and which loss, then `llc.estimate`.

Source: Lau et al. (2023); which loss is measured decides what λ̂ means, so it is never a default.
"""

import math
from collections.abc import Mapping

import torch

from cpbench.measurements.llc import LlcReading, estimate
from cpbench.measurements.subject import Measured, Subject
from cpbench.records.readings import Quantity
from cpbench.specs.measurements import Llc


def measure_llc(subject: Subject, spec: Llc, generator: torch.Generator) -> Measured:
    """Return λ̂ − b̂ and what must accompany it, on training examples without augmentation."""
    images, labels = subject.view("train", subject.current if spec.data == "current" else ())
    if spec.num_examples < len(labels):
        chosen = torch.randperm(len(labels), generator=generator)[: spec.num_examples].sort().values
        images, labels = images[chosen.to(images.device)], labels[chosen.to(labels.device)]
    reading = estimate(subject.model, images, labels, spec, generator=generator)
    return Measured(_values(reading), reading.status, _notes(reading, spec))


def _values(reading: LlcReading) -> dict[str, Quantity]:
    numbers = {
        "llc": reading.llc,
        "llc_raw": reading.llc_raw,
        "llc_bias": reading.llc_bias,
        "llc_se": reading.llc_se,
    }
    return {name: Quantity(value=value, unit="1") for name, value in numbers.items()}


def _notes(reading: LlcReading, spec: Llc) -> Mapping[str, str | float | bool]:
    """Return settings and diagnostics; what is not finite is text, as JSON has no infinity."""
    facts = {
        "data": spec.data,
        "localization": spec.localization,
        "step_size": spec.step_size,
        "num_chains": spec.num_chains,
        "num_draws": spec.num_draws,
        "num_burnin_steps": spec.num_burnin_steps,
        "batch_size": spec.batch_size,
        **reading.conditions._asdict(),
        **(reading.diagnostics._asdict() if reading.diagnostics else {}),
    }
    return {name: _plain(value) for name, value in facts.items()}


def _plain(value: str | float) -> str | float:
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
