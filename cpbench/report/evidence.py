"""Everything the report reads, loaded once: the register's names decide what there is."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from cpbench.project import Project
from cpbench.records.packing import read_packing
from cpbench.records.plans import Plan, read_plan
from cpbench.records.provenance import Provenance, read_provenance
from cpbench.records.scores import Scores, read_scores
from cpbench.records.series import Series
from cpbench.report.lookups import of_protocol
from cpbench.specs.loading import arms_of, load_published
from cpbench.specs.protocols import About, Protocol
from cpbench.specs.published import PublishedProtocol
from cpbench.specs.reading import read
from cpbench.specs.register import load_register
from cpbench.specs.validating import validate

STUDY_BENCHMARK = "benchmarks/engine/study.json"
"""Below reports/: what packing saves, where it was measured."""


class Study(NamedTuple):
    """One protocol with all that is known about it: our own, or results that others published."""

    name: str
    heavy: bool
    """Whether it stands under `heavy:` in params.yaml, which `dvc repro` skips."""
    about: About
    spec: Protocol | None
    """None for results of others."""
    published: PublishedProtocol | None
    """None for a protocol of our own."""
    plan: Plan | None
    """None before the first `plan` of a heavy protocol, and for results of others."""
    provenance: Provenance
    series: tuple[Series, ...]
    """Its arms in the plan's order; empty when it has no results."""
    packing: float | None = None
    """How many times as long its training takes without packing; None where not measured."""

    @property
    def drawn(self) -> tuple[Series, ...]:
        """The arms that have a curve: what figures and readings are about."""
        return tuple(one for one in self.series if one.curve)

    @property
    def is_undisturbed(self) -> bool:
        """Whether no arm has a deficit, so that there is no removal to draw a curve over."""
        return self.spec is not None and not any(deficits_of(self.spec).values())

    @property
    def overrides(self) -> Mapping[str, Mapping[str, object]]:
        """What each arm changes; nothing is known of the arms of others."""
        return {} if self.spec is None else self.spec.protocol.arms


class Evidence(NamedTuple):
    """All studies in the register's order, and what the judge found."""

    studies: tuple[Study, ...]
    scores: Scores

    @property
    def phenomenon(self) -> Study | None:
        """The first study with curves over a deficit: what the front page shows."""
        shown = (study for study in self.studies if study.drawn and not study.is_undisturbed)
        return next(shown, None)

    @property
    def names(self) -> frozenset[str]:
        """The protocols that have a page."""
        return frozenset(study.name for study in self.studies)


def deficits_of(spec: Protocol | None) -> dict[str, tuple[str, ...]]:
    """Return the kinds of deficit of each arm; nothing is known of the arms of others."""
    arms = {} if spec is None else arms_of(spec.protocol)
    return {
        name: tuple(deficit.kind for phase in arm.phases for deficit in phase.deficits)
        for name, arm in arms.items()
    }


def load(project: Project) -> Evidence:
    """Return the evidence of a project.

    Raises:
        SpecError: params.yaml or a protocol it names is invalid.
        EvidenceError: The scores are missing, or a record is of another form.
    """
    register = load_register(project.params)
    scores = read_scores(project.scores)
    own = [
        _study(project, name, scores, heavy=heavy)
        for names, heavy in ((register.protocols, False), (register.heavy, True))
        for name in names or ()
    ]
    others = [_published(project, name, scores) for name in register.published or ()]
    return Evidence(studies=(*own, *others), scores=scores)


def _study(project: Project, name: str, scores: Scores, *, heavy: bool) -> Study:
    plan = read_plan(project.plan(name)) if project.plan(name).exists() else None
    spec = validate(Protocol, read(project.protocol(name)))
    return Study(
        name=name,
        heavy=heavy,
        about=spec.about,
        spec=spec,
        published=None,
        plan=plan,
        provenance=read_provenance(project.provenance(name)),
        series=_ordered(of_protocol(scores.series, name), plan.arms if plan else ()),
        packing=read_packing(project.root / "reports" / STUDY_BENCHMARK, name),
    )


def _published(project: Project, name: str, scores: Scores) -> Study:
    protocol = load_published(project.protocol(name))
    return Study(
        name=name,
        heavy=False,
        about=protocol.about,
        spec=None,
        published=protocol,
        plan=None,
        provenance=Provenance(stages={}),
        series=tuple(
            _curve_readings(one)
            for one in _ordered(of_protocol(scores.series, name), tuple(protocol.published.arms))
        ),
    )


def _curve_readings(series: Series) -> Series:
    """Return an arm of others without the λ̂ of its controls, each one run at every removal.

    Nothing is compared either: no reading of theirs passed checks of ours.
    """
    own = tuple(point for point in series.llc if not point.control)
    return series.model_copy(update={"llc": own, "llc_contrasts": ()})


def _ordered(series: Sequence[Series], arms: Sequence[str]) -> tuple[Series, ...]:
    """Return series in the order of their arms, what has no place there last."""
    places = {arm: place for place, arm in enumerate(arms)}
    return tuple(sorted(series, key=lambda one: places.get(one.arm, len(places))))
