"""Evidence: what the judge may look at, by protocol; made once.

From plans and results, or from the spec where that holds the results of others.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from cpbench.errors import EvidenceError
from cpbench.project import Project
from cpbench.quantities import Series, read_series
from cpbench.records.plans import read_plan
from cpbench.records.published import published_plan, published_rows
from cpbench.records.results import Row, read_results
from cpbench.specs.loading import is_published, load_published
from cpbench.specs.reading import display, read


class Study(NamedTuple):
    """A protocol with a plan, and its results as far as there are any.

    Published results have both from the start.
    """

    name: str
    digest: str
    series: Mapping[str, Series]
    """By arm; empty while there are no results."""
    rows: tuple[Row, ...]
    is_published: bool = False
    """Whether its results are somebody else's, so that nothing here shows who knew them when."""


Evidence = Mapping[str, Study]


def read_evidence(project: Project, protocols: Iterable[str]) -> dict[str, Study]:
    """Return every named protocol that has a plan or is published.

    Raises:
        EvidenceError: A plan or results file exists and cannot be read.
        SpecError: Published results are not valid.
    """
    found: dict[str, Study] = {}
    for name in sorted(set(protocols)):
        if _is_published(project.protocol(name)):
            found[name] = _published(project, name)
        elif project.plan(name).exists():
            found[name] = _study(project, name)
    return found


def _is_published(spec: Path) -> bool:
    """Return whether a spec holds somebody else's results; a plan of its name then means nothing.

    Looked for in the bytes first: parsing every protocol takes longer than all the judging.
    """
    return spec.exists() and b"published:" in spec.read_bytes() and is_published(read(spec))


def _published(project: Project, name: str) -> Study:
    protocol = load_published(project.protocol(name))
    plan, rows = published_plan(protocol), published_rows(protocol)
    return Study(name, plan.digest, read_series(plan, rows), rows, is_published=True)


def _study(project: Project, name: str) -> Study:
    plan = read_plan(project.plan(name))
    if plan.protocol != name:
        found = display(project.plan(name))
        raise EvidenceError(
            f"{found}: is the plan of {plan.protocol}; re-run `dvc repro plan@{name}`"
        )
    rows = read_results(project.result(name)) if project.result(name).exists() else ()
    return Study(name, plan.digest, read_series(plan, rows) if rows else {}, rows)
