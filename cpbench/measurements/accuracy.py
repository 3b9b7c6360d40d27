"""Accuracy: the share of examples whose largest logit is the label's."""

from torch import Tensor

from cpbench.measurements.subject import Measured, Subject
from cpbench.records.readings import Quantity
from cpbench.specs.measurements import Accuracy
from cpbench.streams import Split

SPLITS: tuple[Split, ...] = ("train", "test")


def measure_accuracy(subject: Subject, spec: Accuracy) -> Measured:
    """Return accuracies as fractions: clean, under the run's deficit, and with BN recalibrated."""
    values: dict[str, float] = {}
    for split in SPLITS:
        labels = subject.labels(split, impaired=False)
        values[f"{split}_accuracy"] = accuracy(subject.logits(split), labels)
        if subject.has_batch_norm:
            again = subject.logits(split, bn="recalibrated")
            values[f"{split}_accuracy_recalibrated"] = accuracy(again, labels)
        if subject.deficits:
            impaired = subject.logits(split, impaired=True)
            renamed = subject.labels(split, impaired=True)
            values[f"{split}_accuracy_under_deficit"] = accuracy(impaired, renamed)
    return Measured(
        {name: Quantity(value=value, unit="fraction") for name, value in values.items()}
    )


def accuracy(logits: Tensor, labels: Tensor) -> float:
    """Return the share of rows whose largest entry is at the label.

    Shape:
        logits: example, output.
        labels: example; class indices.
    """
    return (logits.argmax(dim=1) == labels).double().mean().item()
