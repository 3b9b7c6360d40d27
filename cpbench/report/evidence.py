"""Everything the report reads, loaded once: the register's names decide what there is."""

from typing import NamedTuple

from cpbench.project import Project
from cpbench.records.plans import Plan, read_plan
from cpbench.records.provenance import Provenance, read_provenance
from cpbench.records.scores import Scores, read_scores
from cpbench.records.series import Series
from cpbench.report.lookups import of_protocol
from cpbench.specs.loading import arms_of
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

    @property
    def is_undisturbed(self) -> bool:
        """Whether no arm has a deficit, so that there is no removal to draw a curve over."""
        return not any(deficits_of(self.spec).values())


class Evidence(NamedTuple):
    """All studies in the register's order, and what the judge found."""

    studies: tuple[Study, ...]
    scores: Scores

    @property
    def phenomenon(self) -> Study | None:
        """The first study with curves over a deficit: what the front page shows."""
        shown = (study for study in self.studies if study.drawn and not study.is_undisturbed)
        return next(shown, None)


def deficits_of(spec: Protocol) -> dict[str, tuple[str, ...]]:
    """Return the kinds of deficit of each arm."""
    return {
        name: tuple(deficit.kind for phase in arm.phases for deficit in phase.deficits)
        for name, arm in arms_of(spec.protocol).items()
    }


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
