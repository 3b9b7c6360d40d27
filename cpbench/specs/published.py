"""Published results: a protocol somebody else ran, as the numbers of their table.

A file of this kind has `published:` where a runnable protocol has `protocol:` and `measurements:`.
Nothing of it is planned, trained or measured here; claims about it are settled like any others.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from cpbench.specs.agreement import DisagreementError, Fault
from cpbench.specs.base import Count, Epoch, Identifier, NonNegative, Number, Positive, Spec
from cpbench.specs.laws import LrLaw
from cpbench.specs.protocols import About
from cpbench.specs.reading import Place

FULL = {"percent": 100.0, "fraction": 1.0}
"""What an accuracy of everything right is, by unit."""

Baseline = Literal["removal_0", "no_deficit", "none"]
AccuracyUnit = Literal["percent", "fraction"]


class Ending(Spec):
    """What was read at the end of one run; `accuracy` is clean test accuracy."""

    seed: Epoch | None = None
    """Which replicate, 0 … seeds − 1; may be left out where there is one."""
    accuracy: NonNegative
    train_accuracy: NonNegative | None = None
    test_loss: NonNegative | None = None
    """Mean cross-entropy in nats."""
    train_loss: NonNegative | None = None
    llc: Number | None = None
    """λ̂ by the source's own estimator; no check of ours has passed on it."""


class Removed(Ending):
    """One run whose deficit was removed, read at its end and perhaps at the removal."""

    removal: Epoch
    """First epoch free of the deficit."""
    accuracy_at_removal: NonNegative | None = None
    train_accuracy_at_removal: NonNegative | None = None
    test_loss_at_removal: NonNegative | None = None
    train_loss_at_removal: NonNegative | None = None
    llc_at_removal: Number | None = None


class SourceTraining(Spec):
    """How the source trained, as far as steps and learning rates need it."""

    batch_size: Count
    """Examples per step; the last, smaller batch of an epoch counts as a step."""
    num_train: Count
    """Training examples per epoch."""
    lr: Positive
    """Learning rate of the first epoch."""
    lr_law: LrLaw
    """How it moves with the epochs since the start."""


class PublishedArm(Spec):
    """One arm of the table."""

    total_epochs: Annotated[int, Field(strict=True, ge=1, le=20_000)]
    """Epochs of every run of the arm."""
    training: SourceTraining | None = None
    """Without it, steps, examples and learning rates of the arm are unknown."""
    rows: Annotated[tuple[Removed, ...], Field(min_length=1, max_length=5000)]
    """The curve, sorted by removal, then seed."""
    never_removed: Annotated[tuple[Ending, ...], Field(max_length=1000)] = ()
    """Runs that kept the deficit to the end: a control, never a point of the curve."""
    no_deficit: Annotated[tuple[Ending, ...], Field(max_length=1000)] = ()
    """Runs that never had it."""


class Published(Spec):
    """The `published:` block: everything a claim can rest on."""

    source: Annotated[str, Field(strict=True, min_length=1, max_length=2000)]
    """Whose numbers they are and where they stand, so that anyone can compare."""
    unit: AccuracyUnit
    """What accuracies are written in."""
    seeds: Annotated[int, Field(strict=True, ge=1, le=1000)]
    """Replicates per cell. A table of means has one, whatever went into each mean."""
    baseline: Baseline
    """What stands for the run without deficit: the row at removal 0, rows of its own, or nothing.

    It is a choice about other people's data, so it is written.
    """
    arms: Annotated[dict[Identifier, PublishedArm], Field(min_length=1)]

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        found = [
            Fault(("arms", name, *fault.place), fault.message)
            for name, arm in self.arms.items()
            for fault in _arm_faults(arm, self)
        ]
        found += _unit_faults(self)
        if found:
            raise DisagreementError(found)
        return self


class PublishedProtocol(Spec):
    """A protocol file that carries published results instead of runs."""

    id: Identifier
    """The file's name without its ending."""
    about: About
    published: Published


def readings_of(arm: PublishedArm) -> Iterator[tuple[Place, Ending]]:
    """Yield every row of an arm with its place below the arm."""
    for table in ("rows", "never_removed", "no_deficit"):
        rows: Sequence[Ending] = getattr(arm, table)
        yield from (((table, index), row) for index, row in enumerate(rows))


def _arm_faults(arm: PublishedArm, block: Published) -> Iterator[Fault]:
    yield from _order_faults(arm)
    yield from _baseline_faults(arm, block.baseline)
    for place, row in readings_of(arm):
        if row.seed is None and block.seeds > 1:
            yield Fault(place, f"needs a seed, 0 … {block.seeds - 1}, because seeds is more than 1")
        elif (row.seed or 0) >= block.seeds:
            yield Fault((*place, "seed"), f"is not below seeds, which is {block.seeds}")
        for name, value in _accuracies(row):
            if block.unit == "percent" and value > FULL["percent"]:
                yield Fault((*place, name), "is more than 100, all there is in percent")


def _order_faults(arm: PublishedArm) -> Iterator[Fault]:
    cells = [(row.removal, row.seed or 0) for row in arm.rows]
    if cells != sorted(set(cells)):
        yield Fault(("rows",), "must be distinct and sorted, by removal, then seed")
    for index, row in enumerate(arm.rows):
        if row.removal >= arm.total_epochs:
            way_out = "such a run never lost the deficit: write it under never_removed"
            place = ("rows", index, "removal")
            yield Fault(place, f"is not below total_epochs, {arm.total_epochs}; {way_out}")
    for name, rows in (("never_removed", arm.never_removed), ("no_deficit", arm.no_deficit)):
        seeds = [row.seed or 0 for row in rows]
        if seeds != sorted(set(seeds)):
            yield Fault((name,), "must have distinct and sorted seeds")


def _baseline_faults(arm: PublishedArm, baseline: Baseline) -> Iterator[Fault]:
    if baseline == "removal_0" and arm.rows[0].removal > 0:
        yield Fault(("rows",), "has no removal 0, which baseline: removal_0 needs")
    if baseline == "no_deficit" and not arm.no_deficit:
        yield Fault((), "needs no_deficit rows, because of baseline: no_deficit")
    if baseline != "no_deficit" and arm.no_deficit:
        yield Fault(("no_deficit",), f"is not used under baseline: {baseline}; write no_deficit")


def _unit_faults(block: Published) -> Iterator[Fault]:
    # The commonest slip, told once for the whole table: one unit called by the name of the other.
    rows = [row for arm in block.arms.values() for _, row in readings_of(arm)]
    largest = max(value for row in rows for _, value in _accuracies(row))
    if (block.unit == "percent") != (largest > FULL["fraction"]):
        other = "fraction" if block.unit == "percent" else "percent"
        message = f"is {block.unit}, but accuracies go up to {largest:g}; write {other}"
        yield Fault(("unit",), message)


def _accuracies(row: Ending) -> Iterator[tuple[str, float]]:
    names = ("accuracy", "train_accuracy", "accuracy_at_removal", "train_accuracy_at_removal")
    for name in names:
        value: float | None = getattr(row, name, None)
        if value is not None:
            yield name, value
