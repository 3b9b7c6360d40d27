"""Which files are specs, and what is wrong with each."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from cpbench.claims.checking import silent_draws
from cpbench.claims.predictions import Offer, load_prediction, offer_of, offers_of
from cpbench.cli.silent_draws import silent_draws_of
from cpbench.errors import CpbenchError, Problem, SpecError, UsageError
from cpbench.plan.compiling import check_runs
from cpbench.project import Project, find
from cpbench.specs.kinds import FORECASTS, LAW, PREDICTION, PUBLISHED, kind_of
from cpbench.specs.loading import load_protocol, load_published
from cpbench.specs.predictions import Fault, ForecastFile
from cpbench.specs.reading import Document, display, dotted, read
from cpbench.specs.validating import validate
from cpbench.theories.shelf import BUILT_IN, load_law


def spec_files(paths: Sequence[Path] | None) -> list[Path]:
    """Return the spec files that were named, or all of the project's.

    Raises:
        SpecError: A path does not exist.
    """
    if not paths:
        project = find()
        folders = (project.protocols, project.predictions, project.theories)
        paths = [folder for folder in folders if folder.is_dir()]
    missing = [
        Problem(display(path), 1, 1, "", "no such file or folder")
        for path in paths
        if not path.exists()
    ]
    if missing:
        raise SpecError(missing)
    found = [
        file
        for path in paths
        for file in (sorted(path.rglob("*.yaml")) if path.is_dir() else [path])
    ]
    return list(dict.fromkeys(found))


def check(files: Sequence[Path]) -> list[str]:
    """Return every problem of every file, one line each."""
    project = _project()
    offers: dict[str, Offer] = dict(offers_of(project)) if project else {}
    predictions: list[Path] = []
    problems: list[str] = []
    for path in files:
        try:
            document = read(path)
            if kind_of(document) == PREDICTION:
                predictions.append(path)
            elif offer := _checked(path, document):
                offers[path.stem] = offer
        except CpbenchError as error:
            problems += _told(path, error)
    for path in predictions:
        try:
            prediction = load_prediction(path, offers)
            faults = silent_draws_of(project, prediction) if project else silent_draws(prediction)
            problems += _placed(path, faults)
        except CpbenchError as error:
            problems += _told(path, error)
    return list(dict.fromkeys(problems))


def _placed(path: Path, faults: Iterator[Fault]) -> list[str]:
    document = read(path)
    return [
        str(Problem(document.file, *document.mark(each.place), dotted(each.place), each.message))
        for each in faults
    ]


def _checked(path: Path, document: Document) -> Offer | None:
    """Return what a protocol offers to claims; a theory or a file of forecasts offers nothing.

    Raises:
        CpbenchError: The file is invalid.
    """
    kind = kind_of(document)
    if kind == FORECASTS:
        validate(ForecastFile, document)
        return None
    if kind == LAW:
        load_law(path, {theory.name for theory in BUILT_IN})
        return None
    if kind == PUBLISHED:
        return offer_of(load_published(path))
    protocol = load_protocol(path)
    check_runs(protocol)
    return offer_of(protocol)


def _told(path: Path, error: CpbenchError) -> list[str]:
    """Return the lines of an error about a file, each with its place."""
    lines = str(error).splitlines()
    has_places = isinstance(error, SpecError) and error.problems
    return lines if has_places else [f"{display(path)}:1:1: {each}" for each in lines]


def _project() -> Project | None:
    """Return the project; a file may be checked outside of any."""
    try:
        return find()
    except UsageError:
        return None
