"""Loss: mean cross-entropy in nats, summed in double precision."""

from torch import Tensor
from torch.nn.functional import cross_entropy

from cpbench.measurements.subject import Measured, Subject
from cpbench.records.readings import Quantity
from cpbench.specs.measurements import Loss
from cpbench.streams import Split

SPLITS: tuple[Split, ...] = ("train", "test")


def measure_loss(subject: Subject, spec: Loss) -> Measured:
    """Return losses in nats: clean, under the run's deficit, and with BN recalibrated."""
    values: dict[str, float] = {}
    for split in SPLITS:
        labels = subject.labels(split, impaired=False)
        values[f"{split}_loss"] = mean_loss(subject.logits(split), labels)
        if subject.has_batch_norm:
            again = subject.logits(split, bn="recalibrated")
            values[f"{split}_loss_recalibrated"] = mean_loss(again, labels)
        if subject.deficits:
            impaired = subject.logits(split, impaired=True)
            renamed = subject.labels(split, impaired=True)
            values[f"{split}_loss_under_deficit"] = mean_loss(impaired, renamed)
    return Measured({name: Quantity(value=value, unit="nat") for name, value in values.items()})


def mean_loss(logits: Tensor, labels: Tensor) -> float:
    """Return the mean cross-entropy.

    Shape:
        logits: example, output.
        labels: example; class indices.
    """
    return cross_entropy(logits.double(), labels).item()
