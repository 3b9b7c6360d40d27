"""Plans: whether what was trained is what was registered, all of it, with the seeds of its entry.

A plan is compiled anew, from the protocol and from the seeds that the ledger itself derives:
neither the plan's own digest nor a file of seeds is taken at its word.
"""

from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

from cpbench.errors import EvidenceError, SpecError
from cpbench.ledger import Entry, ToldClaim, derived_seeds
from cpbench.plan.compiling import compile_protocol, protocol_digest
from cpbench.project import Project
from cpbench.records.plans import Plan, read_plan
from cpbench.records.published import published_digest
from cpbench.specs.loading import is_published, load_protocol, load_published
from cpbench.specs.protocols import Protocol, SeedsFromRegistration
from cpbench.specs.reading import display, read
from cpbench.specs.register import load_register
from cpbench.verifying.findings import Finding, deviation, tampered, unverifiable


def plans_as_registered(
    project: Project, entries: Sequence[Entry], claims: Sequence[ToldClaim]
) -> Iterator[Finding]:
    """Yield protocols and plans that are not those which claims were registered about."""
    judged = load_register(project.params).judged if project.params.exists() else ()
    for name in sorted({name for told in claims for name in told.protocols}):
        path = project.plan(name)
        if name not in judged:
            what = f"does not list {name}, so no claim about it is settled"
            yield unverifiable(display(project.params), what)
        try:
            if is_published(read(project.protocol(name))):
                yield from _published(project, name, claims)
            elif path.exists():
                yield from _planned(project, read_plan(path), entries, claims)
            else:
                yield from _unplanned(project, name, claims)
        except EvidenceError as error:
            yield tampered(display(path), str(error).partition(": ")[2])
        except SpecError:
            what = "cannot be read: what was registered of it is not shown"
            yield unverifiable(display(project.protocol(name)), what)


def _published(project: Project, name: str, claims: Sequence[ToldClaim]) -> Iterator[Finding]:
    spec = project.protocol(name)
    yield from _edited(spec, name, published_digest(load_published(spec)), claims)
    if project.plan(name).exists():
        yield tampered(
            display(project.plan(name)), "is a plan of published results, which have none"
        )


def _unplanned(project: Project, name: str, claims: Sequence[ToldClaim]) -> Iterator[Finding]:
    spec = project.protocol(name)
    yield from _edited(spec, name, protocol_digest(load_protocol(spec)), claims)
    if project.result(name).exists():
        what = "is missing, though results exist: run `dvc repro plan@"
        yield unverifiable(display(project.plan(name)), f"{what}{name}`")


def _planned(
    project: Project, plan: Plan, entries: Sequence[Entry], claims: Sequence[ToldClaim]
) -> Iterator[Finding]:
    name = plan.protocol
    path, spec = project.plan(name), project.protocol(name)
    yield from _edited(path, name, plan.digest, claims)
    if all(told.protocols.get(name) != plan.digest for told in claims):
        return
    protocol = load_protocol(spec)
    if protocol_digest(protocol) != plan.digest:
        what = f"cannot be compiled anew: {display(spec)} was edited since"
        yield unverifiable(display(path), what)
    elif fault := _difference(plan, protocol, _seeds(protocol, plan.digest, entries)):
        yield tampered(display(path), f"{fault}; `git restore` it, or run `dvc repro plan@{name}`")


def _edited(path: Path, name: str, digest: str, claims: Sequence[ToldClaim]) -> Iterator[Finding]:
    for told in claims:
        if told.protocols.get(name, digest) != digest and not told.is_withdrawn:
            claim = f"{told.entry.payload.prediction.id} / {told.claim.id}"
            what = f"is of another protocol than entry {told.entry.seq} registered for {claim}"
            yield deviation(display(path), f"{what}; the claim is annulled")


def _seeds(protocol: Protocol, digest: str, entries: Sequence[Entry]) -> tuple[int, ...]:
    """Return the seeds that a registered protocol has by the ledger."""
    asked = protocol.protocol.seeds
    if isinstance(asked, SeedsFromRegistration):
        return derived_seeds(entries, protocol.id, digest, asked.n).seeds
    return tuple(range(asked))


def _difference(plan: Plan, protocol: Protocol, seeds: tuple[int, ...]) -> str:
    """Return how a plan differs from what its protocol compiles to, or nothing.

    The forest is grown for the first seed only: it is the same for all.
    """
    if plan.seeds != seeds:
        return "does not use the seeds that were registered"
    cells = product(range(len(plan.conditions)), seeds)
    if [(run.condition, run.seed) for run in plan.runs] != list(cells):
        return "does not hold every run of its protocol"
    compiled = compile_protocol(protocol, seeds[:1]).plan
    return "" if _of_one_seed(plan) == compiled else "is not what its protocol compiles to"


def _of_one_seed(plan: Plan) -> Plan:
    """Return what a plan would be with its first seed alone."""
    first = plan.seeds[:1]
    return plan.model_copy(
        update={
            "seeds": first,
            "epochs_naive": plan.epochs_naive // len(plan.seeds),
            "epochs_shared": plan.epochs_shared // len(plan.seeds),
            "runs": tuple(run for run in plan.runs if run.seed in first),
            "segments": tuple(each for each in plan.segments if each.seed in first),
        }
    )
