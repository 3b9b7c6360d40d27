"""From a protocol file to a protocol that can be run: each arm and cross-reference checked."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cpbench.errors import Problem, SpecError
from cpbench.specs.measurements import Accuracy, Every, Measurement
from cpbench.specs.protocols import Experiment, Protocol
from cpbench.specs.published import PublishedProtocol
from cpbench.specs.reading import Document, Place, dotted, read
from cpbench.specs.validating import has, one_of, problems, validate

UNIQUE = ("accuracy", "loss")
"""Kinds that have one name, so that everyone finds them."""
NOT_RUNNABLE = (
    "holds results of others, so there is nothing to plan or run; "
    "claims about it are settled from this file"
)
OVERRIDABLE = ("dataset", "model", "training", "phases")


def load_protocol(path: Path) -> Protocol:
    """Return a protocol whose arms, sweep and measurements all agree.

    Raises:
        SpecError: With every problem found, each at its line.
    """
    document = read(path)
    if is_published(document):
        raise SpecError([_at(document, ("published",), NOT_RUNNABLE)])
    protocol = validate(Protocol, document)
    found = [*_name_problems(protocol.id, document, path.stem), *_arm_problems(protocol, document)]
    if not found:
        found = list(_measurement_problems(protocol, document))
    if found:
        raise SpecError(found)
    return protocol


def load_published(path: Path) -> PublishedProtocol:
    """Return a protocol that carries published results.

    Raises:
        SpecError: With every problem found, each at its line.
    """
    return published_of(read(path), path.stem)


def published_of(document: Document, name: str) -> PublishedProtocol:
    """Return published results out of a document that is stored under a name.

    Raises:
        SpecError: As `load_published`.
    """
    protocol = validate(PublishedProtocol, document)
    if found := list(_name_problems(protocol.id, document, name)):
        raise SpecError(found)
    return protocol


def is_published(document: Document) -> bool:
    """Return whether a document carries published results instead of runs."""
    return has(document.value, "published")


def arms_of(experiment: Experiment) -> dict[str, Experiment]:
    """Return each arm as an experiment of its own; without arms there is the one arm `main`."""
    overrides = experiment.arms or {"main": {}}
    return {name: _overridden(experiment, changes) for name, changes in sorted(overrides.items())}


def _overridden(experiment: Experiment, changes: dict[str, object]) -> Experiment:
    raw = _without_arms(experiment)
    for path, value in changes.items():
        _put(raw, _steps(path), value)
    return Experiment.model_validate(raw)


def _without_arms(experiment: Experiment) -> dict[str, Any]:
    raw = experiment.json_value()
    raw["arms"] = {}
    return raw


def _steps(path: str) -> Place:
    return tuple(int(part) if part.isdecimal() else part for part in path.split("."))


def _put(raw: Any, place: Place, value: object) -> None:  # noqa: ANN401 - any YAML value
    """Set the value at a place.

    Raises:
        LookupError: A parent of the place does not exist.
    """
    *above, last = place
    for part in above:
        raw = raw[part]
    if not has(raw, last) and isinstance(raw, list):
        raise LookupError(last)
    raw[last] = copy.deepcopy(value)


def _name_problems(name: str, document: Document, stem: str) -> Iterator[Problem]:
    if name != stem:
        yield _at(document, ("id",), f"must be the file's name, '{stem}'")


def _arm_problems(protocol: Protocol, document: Document) -> Iterator[Problem]:
    for arm, changes in protocol.protocol.arms.items():
        place: Place = ("protocol", "arms", arm)
        raw = _without_arms(protocol.protocol)
        sound = True
        for path, value in changes.items():
            fault = _override_fault(raw, path, value)
            if fault:
                sound = False
                yield _at(document, (*place, path), fault)
        if sound:
            yield from _invalid_arm(raw, changes, document, place)


def _override_fault(raw: dict[str, Any], path: str, value: object) -> str:
    steps = _steps(path)
    if steps[0] not in OVERRIDABLE:
        known = one_of(str(steps[0]), OVERRIDABLE)
        return f"an arm overrides a path below {', '.join(OVERRIDABLE)}; {known}"
    try:
        _put(raw, steps, value)
    except (LookupError, TypeError):
        return "no such path under protocol; write it as training.batch_size or phases.0.deficits"
    return ""


def _invalid_arm(
    raw: dict[str, Any], changes: dict[str, object], document: Document, place: Place
) -> Iterator[Problem]:
    try:
        Experiment.model_validate(raw)
    except ValidationError as error:
        shadow = Document(document.file, raw, {(): document.mark(place)})
        for problem in problems(error, shadow, Experiment):
            cause = next((path for path in changes if _overlap(problem.field, path)), None)
            where = (*place, cause) if cause else place
            line, column = document.mark(where)
            field = dotted((*place, problem.field)) if problem.field else dotted(place)
            yield problem._replace(line=line, column=column, field=field)


def _overlap(field: str, path: str) -> bool:
    """Return whether one of two dotted places lies inside the other."""
    return f"{field}.".startswith(f"{path}.") or f"{path}.".startswith(f"{field}.")


def _measurement_problems(protocol: Protocol, document: Document) -> Iterator[Problem]:
    experiment = protocol.protocol
    arms = arms_of(experiment)
    has_batch_norm = any(arm.model.has_batch_norm for arm in arms.values())
    if "accuracy" not in protocol.measurements:
        fault = "needs accuracy: {kind: accuracy, at: [final]}; the judge reads it"
        yield _at(document, ("measurements",), fault)
    for name, measurement in protocol.measurements.items():
        place: Place = ("measurements", name)
        if measurement.kind in UNIQUE and name != measurement.kind:
            fault = f"a measurement of kind {measurement.kind} is called {measurement.kind}"
            yield _at(document, place, fault)
        for key, fault in _measurement_faults(measurement, experiment, list(arms)):
            yield _at(document, (*place, key), fault)
        if isinstance(measurement, Accuracy) and has_batch_norm and measurement.bn is None:
            fault = "is required for a model with batch normalisation: as_is | recalibrated"
            yield _at(document, (*place, "bn"), fault)


def _measurement_faults(
    measurement: Measurement, experiment: Experiment, arms: list[str]
) -> Iterator[tuple[str, str]]:
    kept = experiment.checkpoints.every if experiment.checkpoints else 0
    for moment in measurement.at:
        if isinstance(moment, Every) and (not kept or moment.every % kept):
            way_out = f"add protocol.checkpoints: {{every: {moment.every}}}"
            yield "at", f"every {moment.every} needs these epochs kept: {way_out}"
    for axis, values in measurement.where.items():
        if axis not in experiment.sweep:
            yield "where", f"sweep axis {one_of(axis, experiment.sweep)}"
        elif off := sorted(set(values) - set(experiment.sweep[axis])):
            yield "where", f"{axis} {off} is not on the sweep {list(experiment.sweep[axis])}"
    for arm in set(measurement.arms or ()) - set(arms):
        yield "arms", one_of(arm, arms)
    for control in set(measurement.controls or ()) - set(experiment.controls):
        yield "controls", one_of(control, experiment.controls)


def _at(document: Document, place: Place, message: str) -> Problem:
    line, column = document.mark(place)
    return Problem(document.file, line, column, dotted(place), message)
