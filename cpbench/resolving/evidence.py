"""Evidence: what the judge may look at, by protocol; made once from plans and results."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from cpbench.errors import EvidenceError
from cpbench.project import Project
from cpbench.quantities import Series, read_series
from cpbench.records.plans import read_plan
from cpbench.records.results import Row, read_results
from cpbench.specs.reading import display


class Study(NamedTuple):
    """A protocol with a plan, and its results as far as there are any."""

    name: str
    digest: str
    series: Mapping[str, Series]
    """By arm; empty while there are no results."""
    rows: tuple[Row, ...]


Evidence = Mapping[str, Study]


def read_evidence(project: Project, protocols: Iterable[str]) -> dict[str, Study]:
    """Return every named protocol that has a plan.

    Raises:
        EvidenceError: A plan or results file exists and cannot be read.
    """
    planned = [name for name in sorted(set(protocols)) if project.plan(name).exists()]
    return {name: _study(project, name) for name in planned}


def _study(project: Project, name: str) -> Study:
    plan = read_plan(project.plan(name))
    if plan.protocol != name:
        found = display(project.plan(name))
        raise EvidenceError(
            f"{found}: is the plan of {plan.protocol}; re-run `dvc repro plan@{name}`"
        )
    rows = read_results(project.result(name)) if project.result(name).exists() else ()
    return Study(name, plan.digest, read_series(plan, rows) if rows else {}, rows)
