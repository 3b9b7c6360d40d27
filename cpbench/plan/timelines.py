"""A run's timeline: one resolved `EpochSettings` per epoch. Pure functions of the spec."""

import itertools
import math
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple, ParamSpec, TypeVar

from cpbench.errors import SpecError
from cpbench.specs.base import Count
from cpbench.specs.deficits import Deficit
from cpbench.specs.laws import learning_rate
from cpbench.specs.phases import Phase
from cpbench.specs.protocols import Experiment
from cpbench.specs.training import (
    EpochSettings,
    Inputs,
    Objective,
    Optimizer,
    Targets,
    Training,
    Update,
)

Timeline = tuple[EpochSettings, ...]

REMEMBERED = 2**14
"""Resolved settings that are kept: runs of a sweep have most in common."""

Given = ParamSpec("Given")
Made = TypeVar("Made")


def _remembered(resolve: Callable[Given, Made]) -> Callable[Given, Made]:
    """Return a function of settings that makes equal ones once: one object, known by identity."""
    return lru_cache(REMEMBERED)(resolve)  # pyright: ignore[reportReturnType] - frozen models hash


class Window(NamedTuple):
    """The half-open span of epochs under the deficit."""

    onset: int
    removal: int


class Course(NamedTuple):
    """What one cell of the sweep does, epoch by epoch, and when its deficit is on."""

    timeline: Timeline
    window: Window


def grid(sweep: dict[str, tuple[int, ...]]) -> Iterator[dict[str, int]]:
    """Yield every cell of the sweep.

    Yields:
        Axis name to value, in the order of the axes.
    """
    names = sorted(sweep)
    for values in itertools.product(*(sweep[name] for name in names)):
        yield dict(zip(names, values, strict=True))


def point_name(point: dict[str, int]) -> str:
    """Return a cell's canonical name: `onset=0;removal=40`, axes in alphabetical order."""
    return ";".join(f"{name}={point[name]}" for name in sorted(point))


def course(experiment: Experiment, point: dict[str, int]) -> Course:
    """Return the timeline of one cell and its deficit window.

    Raises:
        SpecError: A phase would end before it begins, or train at a learning rate of 0.
    """
    spans = _spans(experiment.phases, point)
    impaired = [
        span for span, phase in zip(spans, experiment.phases, strict=True) if phase.deficits
    ]
    fallback = point.get("removal", 0)
    window = (
        Window(impaired[0].start, impaired[-1].stop) if impaired else Window(fallback, fallback)
    )
    return Course(tuple(_epochs(experiment.training, experiment.phases, spans)), window)


def control_timeline(control: str, experiment: Experiment, paired: Course) -> Timeline:
    """Return the timeline of a control of one cell, with the totals of the run it pairs with.

    Args:
        control: `no_deficit`: the same without any deficit; `never_removed`: the deficit goes on
            to the end; `schedule_only`: a fresh initialisation that joins the schedule at the
            removal.
        experiment: The arm.
        paired: The run it accompanies.
    """
    timeline, window = paired
    match control:
        case "no_deficit":
            return tuple(_with_deficits(epoch, ()) for epoch in timeline)
        case "never_removed":
            last = next(phase.deficits for phase in reversed(experiment.phases) if phase.deficits)
            kept, rest = timeline[: window.removal], timeline[window.removal :]
            return (*kept, *(_with_deficits(epoch, last) for epoch in rest))
        case _:
            return timeline[window.removal :]


def steps_per_epoch(num_train: Count, batch_size: Count) -> int:
    """Return how many steps one epoch has; a smaller last batch counts."""
    return math.ceil(num_train / batch_size)


class _Span(NamedTuple):
    start: int
    stop: int


def _spans(phases: tuple[Phase, ...], point: dict[str, int]) -> list[_Span]:
    spans: list[_Span] = []
    now = 0
    for index, phase in enumerate(phases):
        length = phase.length
        number = point[length[1:]] if isinstance(length, str) else length
        stop = now + number if phase.for_ is not None else number
        if stop < now:
            where = point_name(point) or "the run"
            raise SpecError(
                f"protocol.phases.{index}: at {where} it would end at {stop}, "
                f"before it begins at {now}"
            )
        spans.append(_Span(now, stop))
        now = stop
    return spans


def _epochs(
    base: Training, phases: tuple[Phase, ...], spans: list[_Span]
) -> Iterator[EpochSettings]:
    clock = 0
    for index, (phase, span) in enumerate(zip(phases, spans, strict=True)):
        if phase.lr_clock == "restart":
            clock = 0
        law, optimizer = phase.lr_law or base.lr_law, phase.optimizer or base.optimizer
        settings = _settings(base, phase, optimizer)
        for _ in range(span.start, span.stop):
            rate = learning_rate(law, optimizer.lr, clock)
            if rate <= 0:
                raise SpecError(
                    f"protocol.phases.{index}: the {law.kind} lr_law is at 0 from epoch {clock} of "
                    "its clock on, where nothing is trained; end it above 0, give it more epochs, "
                    "or restart its clock"
                )
            settings = _at_rate(settings, rate)
            yield settings
            clock += 1


def _settings(base: Training, phase: Phase, optimizer: Optimizer) -> EpochSettings:
    augmentation = base.augmentation if phase.augmentation is None else phase.augmentation
    plain = EpochSettings(
        inputs=Inputs(augmentation=augmentation, deficits=()),
        targets=Targets(deficits=()),
        objective=Objective(),
        update=Update(
            batch_size=phase.batch_size or base.batch_size,
            optimizer=optimizer,
            precision=base.precision,
        ),
        order=phase.order,
    )
    return _with_deficits(plain, phase.deficits)


@_remembered
def _at_rate(settings: EpochSettings, lr: float) -> EpochSettings:
    """Return the settings at a learning rate: the same object while it does not change."""
    if math.isclose(settings.update.optimizer.lr, lr, rel_tol=0.0, abs_tol=0.0):
        return settings
    optimizer = settings.update.optimizer.model_copy(update={"lr": lr})
    return settings.model_copy(
        update={"update": settings.update.model_copy(update={"optimizer": optimizer})}
    )


@_remembered
def _with_deficits(epoch: EpochSettings, deficits: tuple[Deficit, ...]) -> EpochSettings:
    """Return the epoch with these deficits instead of its own, images apart from labels."""
    images = tuple(each for each in deficits if each.acts_on == "inputs")
    labels = tuple(each for each in deficits if each.acts_on == "targets")
    if epoch.inputs.deficits == images and epoch.targets.deficits == labels:
        return epoch
    inputs = epoch.inputs.model_copy(update={"deficits": images})
    return epoch.model_copy(update={"inputs": inputs, "targets": Targets(deficits=labels)})
