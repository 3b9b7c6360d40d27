"""Which files are specs, and what is wrong with each."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from cpbench.claims.predictions import Offer, load_prediction, offer_of, offers_of
from cpbench.errors import CpbenchError, Problem, SpecError, UsageError
from cpbench.plan.compiling import check_runs
from cpbench.project import find
from cpbench.specs.loading import load_protocol
from cpbench.specs.reading import display, read


def spec_files(paths: Sequence[Path] | None) -> list[Path]:
    """Return the spec files that were named, or all of the project's.

    Raises:
        SpecError: A path does not exist.
    """
    if not paths:
        project = find()
        paths = [folder for folder in (project.protocols, project.predictions) if folder.is_dir()]
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
    offers: dict[str, Offer] = dict(_project_offers())
    predictions: list[Path] = []
    problems: list[str] = []
    for path in files:
        try:
            if _is_prediction(path):
                predictions.append(path)
                continue
            protocol = load_protocol(path)
            check_runs(protocol)
            offers[protocol.id] = offer_of(protocol)
        except CpbenchError as error:
            problems += _told(path, error)
    for path in predictions:
        try:
            load_prediction(path, offers)
        except CpbenchError as error:
            problems += _told(path, error)
    return problems


def _told(path: Path, error: CpbenchError) -> list[str]:
    """Return the lines of an error about a file, each with its place."""
    lines = str(error).splitlines()
    has_places = isinstance(error, SpecError) and error.problems
    return lines if has_places else [f"{display(path)}:1:1: {each}" for each in lines]


def _project_offers() -> Mapping[str, Offer]:
    """Return what the project's protocols offer: nothing where a file is checked outside of one."""
    try:
        return offers_of(find())
    except UsageError:
        return {}


def _is_prediction(path: Path) -> bool:
    """A prediction says `claims`; everything else is held to be a protocol."""
    value = read(path).value
    return isinstance(value, dict) and "claims" in value
