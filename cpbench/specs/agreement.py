"""What the parts of an experiment must agree on: each disagreement with the place it stands at."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from cpbench.specs.datasets import Constants, Dataset
from cpbench.specs.deficits import Blur, ClassPermutation, Deficit, RandomLabels
from cpbench.specs.laws import Cosine
from cpbench.specs.models import Model
from cpbench.specs.phases import Phase
from cpbench.specs.training import Training


class Fault(NamedTuple):
    """One thing wrong, at a place below the `protocol:` block."""

    place: tuple[str | int, ...]
    message: str


class DisagreementError(ValueError):
    """Parts that are valid each for itself and not together."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(fault.message for fault in faults))


def sweep_faults(
    phases: tuple[Phase, ...], sweep: Mapping[str, tuple[int, ...]]
) -> Iterator[Fault]:
    """Yield holes that nothing fills, axes that fill nothing, and values out of order."""
    holes: dict[str, int] = {}
    for index, phase in enumerate(phases):
        if isinstance(phase.length, str):
            holes.setdefault(phase.length[1:], index)
    for name in sorted(holes.keys() - sweep.keys()):
        message = f"the hole ${name} is filled by no sweep axis; add sweep: {{{name}: […]}}"
        yield Fault(("phases", holes[name]), message)
    for name in sorted(sweep.keys() - holes.keys()):
        yield Fault(("sweep", name), f"fills no hole; write ${name} as the length of a phase")
    for name, values in sweep.items():
        if list(values) != sorted(set(values)):
            yield Fault(("sweep", name), "must be distinct and sorted")


def phase_faults(training: Training, phases: tuple[Phase, ...]) -> Iterator[Fault]:
    """Yield phases whose budget or learning-rate clock is not said, or that swap the optimizer."""
    for index, phase in enumerate(phases[:-1]):
        if phase.fill_to is not None:
            yield Fault(("phases", index, "fill_to"), "is only for the last phase; use until")
    yield from _optimizer_faults(training, phases)
    yield from _floor_faults(training, phases)
    laws = [phase.lr_law or training.lr_law for phase in phases]
    if all(law.kind == "constant" for law in laws):
        return
    for index, phase in enumerate(phases):
        if index > 0 and phase.lr_clock is None:
            message = "needs lr_clock: continue | restart, because the learning rate moves"
            yield Fault(("phases", index), message)


def _optimizer_faults(training: Training, phases: tuple[Phase, ...]) -> Iterator[Fault]:
    """Yield phases with another kind of optimizer: one cannot go on from another's state."""
    base = training.optimizer.kind
    for index, phase in enumerate(phases):
        if phase.optimizer is not None and phase.optimizer.kind != base:
            message = f"is {phase.optimizer.kind}, and the training is {base}; keep to one kind"
            yield Fault(("phases", index, "optimizer"), message)


def _floor_faults(training: Training, phases: tuple[Phase, ...]) -> Iterator[Fault]:
    """Yield phases whose cosine would rise: from a rate below the floor that it falls to."""
    for index, phase in enumerate(phases):
        law, lr = phase.lr_law or training.lr_law, (phase.optimizer or training.optimizer).lr
        if isinstance(law, Cosine) and law.floor > lr:
            message = f"its cosine has floor {law.floor}, above its learning rate; it would rise"
            yield Fault(("phases", index), message)


def data_faults(
    dataset: Dataset, model: Model, training: Training, phases: tuple[Phase, ...]
) -> Iterator[Fault]:
    """Yield what does not fit the images, the classes or the number of examples."""
    yield from _channel_faults(dataset)
    if model.num_outputs is not None and model.num_outputs < dataset.num_classes:
        message = f"is fewer than the {dataset.num_classes} classes of the dataset"
        yield Fault(("model", "num_outputs"), message)
    for index, phase in enumerate(phases):
        for number, deficit in enumerate(phase.deficits):
            message = _misfit(deficit, dataset)
            if message:
                yield Fault(("phases", index, "deficits", number), message)
    yield from _batch_faults(dataset, model, training, phases)


def _batch_faults(
    dataset: Dataset, model: Model, training: Training, phases: tuple[Phase, ...]
) -> Iterator[Fault]:
    sizes = {training.batch_size, *(phase.batch_size for phase in phases if phase.batch_size)}
    for size in sorted(sizes):
        if model.has_batch_norm and dataset.num_train % size == 1:
            message = (
                f"batch_size {size} leaves a last batch of one example, "
                "which batch normalisation cannot use"
            )
            yield Fault(("training", "batch_size"), message)


def _channel_faults(dataset: Dataset) -> Iterator[Fault]:
    channels, constants = dataset.shape[0], dataset.normalise
    if isinstance(constants, Constants):
        for name, values in (("mean", constants.mean), ("std", constants.std)):
            if len(values) != channels:
                message = f"has {len(values)} values; the images have {channels} channels"
                yield Fault(("dataset", "normalise", name), message)


def _misfit(deficit: Deficit, dataset: Dataset) -> str:
    _, height, width = dataset.shape
    match deficit:
        case Blur(factor=factor) if height % factor or width % factor:
            return f"factor {factor} does not divide images of {height}×{width}"
        case ClassPermutation(shift=int() as shift) if shift % dataset.num_classes == 0:
            num_classes = dataset.num_classes
            return f"shift {shift} of {num_classes} renames none; use 1 to {num_classes - 1}"
        case RandomLabels() if deficit.num_replaced(dataset.num_train) == 0:
            return f"fraction {deficit.fraction} of {dataset.num_train} examples replaces none"
        case _:
            return ""
