"""From a project to what theories may be shown of one claim; each protocol is read once."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import groupby

from cpbench.digests import file_digest
from cpbench.errors import EvidenceError
from cpbench.ledger.told import ToldClaim
from cpbench.plan.compiling import compile_protocol
from cpbench.project import Project
from cpbench.quantities.series import CURVE, Series
from cpbench.records.plans import Condition, Plan
from cpbench.records.published import published_plan
from cpbench.records.results import Row
from cpbench.records.scores import SETTLED, Outcome
from cpbench.resolving import resolve
from cpbench.resolving.evidence import Evidence, Study, read_evidence
from cpbench.specs.loading import is_published, load_protocol, load_published
from cpbench.specs.predictions import KnownSpec
from cpbench.specs.reading import read
from cpbench.theories.context import Past, Side, Sources, early

_ANY_SEED = (0,)
"""Conditions are the same for all seeds, so seeds that are not derived yet are not waited for."""


class Library:
    """Everything a project has on its registered claims."""

    def __init__(self, project: Project, claims: Sequence[ToldClaim], today: str) -> None:
        """Open the library.

        Args:
            project: Where plans and results lie.
            claims: All that are registered.
            today: The ledger's clock, for claims with a deadline.
        """
        self._project, self._claims, self._today = project, claims, today
        self._plans: dict[str, Plan] = {}
        self._outcomes: dict[str, Outcome] = {}

    def sources(self, told: ToldClaim) -> Sources:
        """Return all there is for one claim.

        Raises:
            EvidenceError: A protocol was edited since the claim was registered.
            SpecError: A protocol cannot be read.
        """
        for name, registered in told.protocols.items():
            if self._plan(name).digest != registered:
                raise EvidenceError(
                    f"{name}: is no longer what entry {told.entry.seq} registered; "
                    "register the prediction again, then ask theories"
                )
        declared = told.title_entry.payload.prediction.known_results or ()
        names = sorted({*told.protocols, *(each.protocol for each in declared)})
        plans = {name: self._plan(name) for name in names}
        studies = {name: self._evidence[name] for name in names if name in self._evidence}
        own = [studies[name] for name in told.protocols if name in studies]
        return Sources(
            curves=dict(_curves(plans)),
            known=dict(_known(declared, studies)),
            known_rows=tuple(_known_rows(declared, studies)),
            early_rows=tuple(row for study in own for row in early(plans[study.name], study.rows)),
            past=lambda: self._past(told),
            digests={name: self._digest(study) for name, study in self._evidence.items()},
        )

    def _past(self, told: ToldClaim) -> Sequence[Past]:
        """Return how claims that share no protocol with this one came out."""
        others = [
            each for each in self._claims if not each.protocols.keys() & told.protocols.keys()
        ]
        found = [
            Past(each.claim.type, self._outcome(each), tuple(sorted(each.protocols)))
            for each in others
        ]
        return [each for each in found if each.outcome.state in SETTLED]

    def _outcome(self, told: ToldClaim) -> Outcome:
        if told.hash not in self._outcomes:
            resolved = resolve(told.claim, told.protocols, self._evidence, today=self._today)
            self._outcomes[told.hash] = resolved.outcome
        return self._outcomes[told.hash]

    def _plan(self, name: str) -> Plan:
        """Return a plan as the spec says it now; the plan file need not have been written."""
        if name not in self._plans:
            path = self._project.protocol(name)
            self._plans[name] = (
                published_plan(load_published(path))
                if is_published(read(path))
                else compile_protocol(load_protocol(path), _ANY_SEED).plan
            )
        return self._plans[name]

    @cached_property
    def _evidence(self) -> Evidence:
        declared = (
            each.title_entry.payload.prediction.known_results or () for each in self._claims
        )
        names = {known.protocol for each in declared for known in each}
        return read_evidence(self._project, names.union(*(each.protocols for each in self._claims)))

    def _digest(self, study: Study) -> str:
        """Return the SHA-256 of a protocol's results; published ones are their own spec."""
        path = self._project.result(study.name)
        return file_digest(path) if path.exists() else study.digest


def _curves(plans: Mapping[str, Plan]) -> Iterator[tuple[Side, tuple[Condition, ...]]]:
    for name, plan in plans.items():
        curve = [each for each in plan.conditions if each.control == CURVE]
        by_arm = sorted(curve, key=lambda each: (each.arm, each.removal))
        for arm, group in groupby(by_arm, key=lambda each: each.arm):
            conditions = tuple(group)
            removals = {each.removal for each in conditions}
            # Where several sweep points share a removal, an end in epochs means nothing.
            yield (name, arm), conditions if len(removals) == len(conditions) else ()


def _known(
    declared: Sequence[KnownSpec], studies: Mapping[str, Study]
) -> Iterator[tuple[Side, Series]]:
    for each in declared:
        if each.protocol in studies:
            for arm, series in studies[each.protocol].series.items():
                if each.arm in {None, arm}:
                    yield (each.protocol, arm), series


def _known_rows(declared: Sequence[KnownSpec], studies: Mapping[str, Study]) -> Iterator[Row]:
    sides = dict.fromkeys((each.protocol, each.arm) for each in declared)
    for name in dict.fromkeys(each.protocol for each in declared):
        rows = studies[name].rows if name in studies else ()
        yield from (row for row in rows if {(name, None), (name, row.arm)} & sides.keys())
