"""What a protocol would take on this device: paces are probed, then the plan is played through.

As many processes probe at once as would train, since they slow each other down. Of the project
nothing is written but its cache of decoded data.
"""

import statistics
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple

from cpbench.datasets import load
from cpbench.executors.foreseeing import Forecast
from cpbench.executors.packs import Shape, shape_of
from cpbench.executors.pools import num_workers, open_pool
from cpbench.executors.probing import CHAIN, Probed, probe, reading_seconds, sample
from cpbench.executors.workshop import Workshop, open_workshop
from cpbench.measurements.moments import places_of
from cpbench.plan.compiling import Compiled
from cpbench.plan.forest import Root, Stretch
from cpbench.project import Project
from cpbench.records.estimates import Duration, Estimate, Pace, ReadingCost
from cpbench.records.runs import RunRecord, StoredState
from cpbench.specs.measurements import Llc, Measurement
from cpbench.training.device import describe, settle

PATIENCE = 60.0
"""Seconds that probing one λ̂ may take by the pace of training; a dearer one is not probed."""


class Found(NamedTuple):
    """What the probes gave, by shape."""

    paces: Mapping[Shape, Pace]
    start: float
    """Seconds of an initialisation."""


def estimate(project: Project, compiled: Compiled, start_up: float) -> Estimate:
    """Return what a protocol takes on this device, per number of workers.

    Args:
        project: Where data and stored states lie.
        compiled: The protocol.
        start_up: Seconds that this process took until now, as a trainer's would.

    Raises:
        EnvironmentFault: The data are missing, or memory is short.
    """
    workshop = open_workshop(project.data, project.store, settle(), compiled.protocol.engine)
    stretches, workers = compiled.stretches, num_workers(workshop.device.type)
    stored = {each.state for each in stretches if workshop.store(each.root).has(each.state)}
    start_up += _first_load(stretches[0], workshop)
    with open_pool(workers, workshop) as pool:
        found = _paces(stretches, stored, workshop, pool, workers)
        readings = _readings(compiled, found, pool, workers)
    return Estimate(
        protocol=compiled.plan.protocol,
        device=describe(workshop.device),
        probed_with=workers,
        start_up=start_up,
        paces=tuple(found.paces.values()),
        readings=readings,
        durations=tuple(
            _duration(number, start_up, compiled, found, stored, readings)
            for number in _doubled(workers)
        ),
    )


def _doubled(workers: int) -> list[int]:
    """Return 1, 2, 4 … and the number itself."""
    return sorted({workers, *(2**power for power in range(workers.bit_length()))})


def _first_load(stretch: Stretch, workshop: Workshop) -> float:
    """Load data as a trainer does before its workers start, and return the seconds."""
    began = time.perf_counter()
    load(stretch.root.dataset, stretch.seed, workshop.data, workshop.device)
    return time.perf_counter() - began


def _paces(
    stretches: Sequence[Stretch],
    stored: set[str],
    workshop: Workshop,
    pool: ProcessPoolExecutor,
    workers: int,
) -> Found:
    shapes: dict[Shape, list[Stretch]] = {}
    for stretch in stretches:
        if stretch.settings:
            shapes.setdefault(shape_of(stretch), []).append(stretch)
    paces: dict[Shape, Pace] = {}
    starts = [0.0]
    for shape, own in shapes.items():
        choice = workshop.choice(shape.root)
        sampled = sample(own, choice.width)
        probed = _mean(list(pool.map(probe, [sampled] * workers)))
        starts.append(probed.start)
        paces[shape] = Pace(
            model=shape.root.model.kind,
            batch_size=shape.batch_size,
            executor=choice.executor,
            width=choice.width,
            epoch_alone=probed.alone,
            epoch_full=probed.full,
            per_segment=probed.per_segment,
            epochs=sum(len(each.settings) for each in own),
            epochs_missing=sum(len(each.settings) for each in own if each.state not in stored),
        )
    return Found(paces, max(starts))


def _mean(probed: Sequence[Probed]) -> Probed:
    return Probed(*(statistics.mean(column) for column in zip(*probed, strict=True)))


def _duration(
    workers: int,
    start_up: float,
    compiled: Compiled,
    found: Found,
    stored: set[str],
    readings: Sequence[ReadingCost],
) -> Duration:
    def training(stored: set[str]) -> float:
        forecast = Forecast(
            compiled.stretches, found.paces, found.start, lambda each: each.state in stored
        )
        return start_up + forecast.seconds(workers)

    costs = [each.seconds and each.seconds * each.readings for each in readings]
    return Duration(
        workers=workers,
        missing=training(stored),
        everything=training(set()),
        measuring=None
        if None in costs
        else start_up + sum(cost for cost in costs if cost is not None) / workers,
    )


def _readings(
    compiled: Compiled, found: Found, pool: ProcessPoolExecutor, workers: int
) -> tuple[ReadingCost, ...]:
    """Return what each measurement takes, by the protocol's first model."""
    shape, pace = next(iter(found.paces.items()))
    seed, numbers = compiled.plan.seeds[0], _numbers(compiled)
    return tuple(
        ReadingCost(
            measurement=name,
            seconds=None
            if _is_too_dear(spec, shape.root, pace)
            else statistics.mean(
                pool.map(reading_seconds, *zip(*[(shape.root, seed, spec)] * workers, strict=True))
            ),
            readings=numbers.get(name, 0),
        )
        for name, spec in compiled.protocol.measurements.items()
    )


def _is_too_dear(spec: Measurement, root: Root, pace: Pace) -> bool:
    """Judge a λ̂ by what training takes per example; all others take less than an epoch."""
    if not isinstance(spec, Llc):
        return False
    examples = 8 * CHAIN * spec.num_chains * min(spec.batch_size, root.dataset.num_train)
    return examples * pace.epoch_alone / root.dataset.num_train > PATIENCE


def _numbers(compiled: Compiled) -> dict[str, int]:
    """Return how many readings each measurement takes of different weights."""
    plan = compiled.plan
    runs = tuple(
        RunRecord(
            protocol=plan.protocol,
            digest=plan.digest,
            arm=plan.conditions[run.condition].arm,
            control=plan.conditions[run.condition].control,
            point=plan.conditions[run.condition].point,
            seed=run.seed,
            numerics={},
            states={
                epoch: StoredState(state=state, sha256="") for epoch, state in run.states.items()
            },
        )
        for run in plan.runs
    )
    moments = {(place.name, place.moment) for place in places_of(compiled, runs)}
    found: dict[str, int] = {}
    for name, _ in moments:
        found[name] = found.get(name, 0) + 1
    return found
