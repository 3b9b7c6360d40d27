"""Everything the report reads, loaded once: the register's names decide what there is."""

from typing import NamedTuple

from cpbench.project import Project
from cpbench.records.plans import Plan, read_plan
from cpbench.records.provenance import Provenance, read_provenance
from cpbench.records.scores import Scores, Series, read_scores
from cpbench.report.lookups import of_protocol
from cpbench.specs.protocols import Protocol
from cpbench.specs.reading import read
from cpbench.specs.register import load_register
from cpbench.specs.validating import validate


class Study(NamedTuple):
    """One protocol with all that is known about it."""

    name: str
    heavy: bool
    """Whether it stands under `heavy:` in params.yaml, which `dvc repro` skips."""
    spec: Protocol
    plan: Plan | None
    """None before the first `plan` of a heavy protocol."""
    provenance: Provenance
    series: tuple[Series, ...]
    """Its arms in the plan's order; empty when it has no results."""

    @property
    def drawn(self) -> tuple[Series, ...]:
        """The arms that have a curve: what figures and readings are about."""
        return tuple(one for one in self.series if one.curve)


class Evidence(NamedTuple):
    """All studies in the register's order, and what the judge found."""

    studies: tuple[Study, ...]
    scores: Scores


def load(project: Project) -> Evidence:
    """Return the evidence of a project.

    Raises:
        SpecError: params.yaml or a protocol it names is invalid.
        EvidenceError: The scores are missing, or a record is of another form.
    """
    register = load_register(project.params)
    scores = read_scores(project.scores)
    return Evidence(
        studies=tuple(
            _study(project, name, scores, heavy=heavy)
            for names, heavy in ((register.protocols, False), (register.heavy, True))
            for name in names or ()
        ),
        scores=scores,
    )


def _study(project: Project, name: str, scores: Scores, *, heavy: bool) -> Study:
    plan = read_plan(project.plan(name)) if project.plan(name).exists() else None
    order = plan.arms if plan else ()
    series = of_protocol(scores.series, name)
    return Study(
        name=name,
        heavy=heavy,
        spec=validate(Protocol, read(project.protocol(name))),
        plan=plan,
        provenance=read_provenance(project.provenance(name)),
        series=tuple(
            sorted(series, key=lambda one: order.index(one.arm) if one.arm in order else len(order))
        ),
    )
