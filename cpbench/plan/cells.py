"""The cells of a sweep: what each condition is, and which epochs of it are kept."""

import math
from collections.abc import Iterator
from typing import NamedTuple

from cpbench.plan.forest import Root, Tree
from cpbench.plan.timelines import (
    Course,
    Timeline,
    control_timeline,
    course,
    grid,
    point_name,
    steps_per_epoch,
)
from cpbench.records.plans import Condition
from cpbench.specs.loading import arms_of
from cpbench.specs.protocols import Experiment


class Cell(NamedTuple):
    """A condition with the tree it grows in and the node of each epoch it keeps."""

    condition: Condition
    tree: Tree
    nodes: dict[int, int]


def cells_of(experiment: Experiment, trees: dict[str, Tree]) -> Iterator[Cell]:
    """Yield the curve and the controls of every arm and sweep point.

    Args:
        experiment: What is swept.
        trees: Filled on the way: the trees the cells grow in, by the digest of their root.

    Yields:
        Cells, whose trees are complete after the last.

    Raises:
        SpecError: A phase would end before it begins.
    """
    every = experiment.checkpoints.every if experiment.checkpoints else 0
    for name, arm in arms_of(experiment).items():
        root = Root(arm.dataset, arm.model)
        tree = trees.setdefault(root.digest(0), Tree(root))
        for point in grid(experiment.sweep):
            paired = course(arm, point)
            for control in ("", *experiment.controls):
                if control == "never_removed" and not any(phase.deficits for phase in arm.phases):
                    continue
                timeline = control_timeline(control, arm, paired) if control else paired.timeline
                kept = _kept_epochs(control, timeline, paired, every)
                condition = _condition(name, control, point, paired, timeline, root)
                yield Cell(condition, tree, tree.grow(timeline, kept))


def _kept_epochs(control: str, timeline: Timeline, paired: Course, every: int) -> list[int]:
    """The end, the removal where the run has one, and every k-th epoch."""
    removal = [min(paired.window.removal, len(timeline))] if control in {"", "no_deficit"} else []
    regular = range(0, len(timeline) + 1, every) if every else range(0)
    return [len(timeline), *removal, *regular]


def _condition(
    arm: str, control: str, point: dict[str, int], paired: Course, timeline: Timeline, root: Root
) -> Condition:
    window = paired.window
    num_train = root.dataset.num_train
    before, after = paired.timeline[: window.removal], paired.timeline[window.removal :]
    turning = (*after[:1], *before[-1:])[:1]
    return Condition(
        arm=arm,
        control=control,
        point=point_name(point),
        onset=window.onset,
        removal=window.removal,
        epochs=len(timeline),
        steps=sum(_steps(timeline, num_train)),
        steps_at_removal=sum(_steps(before, num_train)),
        examples_at_removal=window.removal * num_train,
        lr_at_removal=turning[0].update.optimizer.lr if turning else 0.0,
        lr_steps_left=math.fsum(  # `sum` adds floats differently from Python 3.12 on
            epoch.update.optimizer.lr * steps
            for epoch, steps in zip(after, _steps(after, num_train), strict=True)
        ),
        final_lr=timeline[-1].update.optimizer.lr if timeline else 0.0,
    )


def _steps(timeline: Timeline, num_train: int) -> list[int]:
    return [steps_per_epoch(num_train, epoch.update.batch_size) for epoch in timeline]
