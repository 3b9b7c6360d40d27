"""The measure stage: checkpoints × measurements → readings, in several processes."""

import time
from contextlib import ExitStack
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import nn

from cpbench.checkpoint import from_bytes, restore
from cpbench.datasets import load
from cpbench.digests import digest
from cpbench.errors import EvidenceError
from cpbench.executors.lifeline import die_with_parent
from cpbench.executors.processes import num_workers, open_pool, workshop_of_worker
from cpbench.executors.sequential import Workshop, open_workshop
from cpbench.executors.training import progress_bar
from cpbench.measurements import INSTRUMENTS
from cpbench.measurements.moments import Moment, Place, places_of
from cpbench.measurements.subject import Measured, Subject
from cpbench.models import build
from cpbench.plan.compiling import Compiled, load_planned
from cpbench.plan.forest import Root
from cpbench.project import Project
from cpbench.provenance import circumstances, finished
from cpbench.records.provenance import add_provenance
from cpbench.records.readings import Reading, Readings, write_readings
from cpbench.records.runs import RunRecord, read_runs
from cpbench.specs.measurements import Measurement
from cpbench.streams import generator
from cpbench.training.device import settle


class Sitting(NamedTuple):
    """A moment and the measurements to be taken of it, by name."""

    moment: Moment
    measurements: dict[str, Measurement]


class Taken(NamedTuple):
    """What one sitting gave, by the measurement's name."""

    measured: dict[str, Measured]
    seconds: float


def measure_protocol(project: Project, name: str) -> None:
    """Take every measurement of a protocol and write the readings.

    Raises:
        EvidenceError: Run records or weights are missing or belong to another plan.
        IntegrityError: Stored weights are damaged.
    """
    die_with_parent()
    compiled = load_planned(project, name)
    runs = read_runs(project.runs(name), compiled.plan)
    workshop = open_workshop(project.data, project.store, settle())
    before = circumstances(project, workshop.device, workshop.store.numerics)
    _refuse_strangers(runs, compiled, workshop)
    places = list(places_of(compiled, runs))
    taken = _take_all(_sittings(places, compiled), workshop, name)
    for measurement in compiled.protocol.measurements:
        own = [place for place in places if place.name == measurement]
        readings = tuple(_reading(place, taken[place.moment]) for place in own)
        _write(project, compiled, workshop, measurement, readings)
    seconds = sum(each.seconds for each in taken.values())
    add_provenance(project.provenance(name), "measure", finished(before, workshop.device, seconds))


def take(sitting: Sitting, workshop: Workshop) -> Taken:
    """Load the weights of a sitting and take its measurements.

    Raises:
        EvidenceError: The weights are not in the store.
        IntegrityError: They are damaged.
    """
    began = time.perf_counter()
    moment = sitting.moment
    root, seed = moment.root, moment.seed
    stored = workshop.store.get(moment.state)
    if stored.manifest.diverged is not None:
        lost = Measured({}, status="diverged", notes={"diverged_at": stored.manifest.diverged})
        return Taken(dict.fromkeys(sitting.measurements, lost), 0.0)
    model = _skeleton(root, workshop.device)
    restore(from_bytes(stored.weights), model)
    data = load(root.dataset, seed, workshop.data, workshop.device)
    subject = Subject(
        model, data, seed=seed, epoch=moment.epoch, deficits=moment.deficits, current=moment.current
    )
    measured = {
        name: INSTRUMENTS[spec.kind](subject, spec, generator(seed, "chain", moment.epoch))
        for name, spec in sitting.measurements.items()
    }
    return Taken(measured, time.perf_counter() - began)


@lru_cache(maxsize=2)
def _skeleton(root: Root, device: torch.device) -> nn.Module:
    """Return a model to restore states into, one after the other; building one takes longer."""
    return build(root.model, root.dataset, None, device)


def _take_in_worker(sitting: Sitting) -> Taken:
    return take(sitting, workshop_of_worker())


def _take_all(sittings: list[Sitting], workshop: Workshop, name: str) -> dict[Moment, Taken]:
    workers = min(num_workers(workshop.device.type), len(sittings))
    taken: dict[Moment, Taken] = {}
    with progress_bar(name, len(sittings), "states measured") as tick, ExitStack() as stack:
        if workers > 1:
            first = sittings[0].moment
            load(first.root.dataset, first.seed, workshop.data, workshop.device)
            pool = stack.enter_context(open_pool(workers, workshop))
            results = pool.map(_take_in_worker, sittings)
        else:
            results = (take(sitting, workshop) for sitting in sittings)
        for sitting, result in zip(sittings, results, strict=True):
            taken[sitting.moment] = result
            tick(sitting)
    return taken


def _sittings(places: list[Place], compiled: Compiled) -> list[Sitting]:
    """Gather the measurements of each moment; those with the most work, chains, go first."""
    specs = compiled.protocol.measurements
    gathered: dict[Moment, dict[str, Measurement]] = {}
    for place in places:
        gathered.setdefault(place.moment, {})[place.name] = specs[place.name]
    sittings = [Sitting(moment, wanted) for moment, wanted in gathered.items()]
    return sorted(
        sittings,
        key=lambda each: not any(spec.kind == "llc" for spec in each.measurements.values()),
    )


def _reading(place: Place, taken: Taken) -> Reading:
    run, measured = place.run, taken.measured[place.name]
    return Reading(
        arm=run.arm,
        control=run.control,
        point=run.point,
        seed=run.seed,
        at=place.at,
        epoch=place.moment.epoch,
        state=place.moment.state,
        status=measured.status,
        values=dict(measured.values),
        notes=dict(measured.notes),
    )


def _write(
    project: Project,
    compiled: Compiled,
    workshop: Workshop,
    measurement: str,
    readings: tuple[Reading, ...],
) -> None:
    record = Readings(
        protocol=compiled.plan.protocol,
        digest=compiled.plan.digest,
        measurement=measurement,
        settings=digest(compiled.protocol.measurements[measurement].json_value()),
        numerics=workshop.store.numerics,
        readings=readings,
    )
    write_readings(project.readings(compiled.plan.protocol), record)


def _refuse_strangers(runs: tuple[RunRecord, ...], compiled: Compiled, workshop: Workshop) -> None:
    """Check that the records are of this plan and this arithmetic.

    Raises:
        EvidenceError: They are not.
    """
    name = compiled.plan.protocol
    if any(run.digest != compiled.plan.digest for run in runs):
        raise EvidenceError(
            f"run records of {name}: belong to another plan; run `dvc repro train@{name}`"
        )
    others = {tuple(run.numerics.items()) for run in runs} - {
        tuple(workshop.store.numerics.items())
    }
    if others:
        raise EvidenceError(
            f"run records of {name}: were trained with {dict(others.pop())}, this process has "
            f"{workshop.store.numerics}; set CPBENCH_DEVICE, or run "
            f"`dvc repro -f train@{name}` here"
        )
