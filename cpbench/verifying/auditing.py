"""The audit: every check of the record, in the order in which they are printed."""

from collections.abc import Iterator
from typing import NamedTuple

from cpbench.errors import IntegrityError
from cpbench.ledger import Entry, claims_of, head, read_ledger
from cpbench.project import Project
from cpbench.verifying.anchors import anchored, committed_versions, num_anchored, recorded_heads
from cpbench.verifying.conduct import conduct
from cpbench.verifying.findings import Finding, tampered
from cpbench.verifying.outputs import outputs_as_locked, results_that_are_gone
from cpbench.verifying.plans import plans_as_registered
from cpbench.verifying.recorded import outcomes_as_recorded
from cpbench.verifying.seeding import seeds_as_derived


class Audit(NamedTuple):
    """What was looked at, and what was found."""

    findings: tuple[Finding, ...]
    num_entries: int
    """Entries that were verified; none when the chain is broken."""
    head: str
    num_versions: int
    """Versions of the ledger in Git that today's was held against."""
    num_heads: int
    """Heads that records of training and scores hold."""
    num_anchored: int
    """Up to which entry a version in Git or such a head bears it out."""


def audit(project: Project) -> Audit:
    """Return what does not agree in a project's record; nothing is changed or trained."""
    versions = committed_versions(project)
    heads = recorded_heads(project)
    entries, findings = _chain(project)
    findings += anchored(project, versions, heads, entries)
    if entries is not None:
        findings += _agreeing(project, entries, heads.by_protocol)
    findings += outputs_as_locked(project)
    known = entries or ()
    reach = num_anchored(versions, heads, known)
    return Audit(tuple(findings), len(known), head(known), len(versions), len(heads.all), reach)


def _chain(project: Project) -> tuple[tuple[Entry, ...] | None, list[Finding]]:
    """Return the entries, or nothing where the chain is broken, and what broke it."""
    try:
        return read_ledger(project.ledger), []
    except IntegrityError as error:
        place, _, what = str(error).partition(": ")
        return None, [tampered(place, what)]


def _agreeing(
    project: Project, entries: tuple[Entry, ...], heads: dict[str, str | None]
) -> Iterator[Finding]:
    claims = claims_of(entries)
    yield from seeds_as_derived(project, entries)
    yield from plans_as_registered(project, entries, claims)
    yield from conduct(project, entries, claims, heads)
    yield from results_that_are_gone(project, entries, claims)
    yield from outcomes_as_recorded(project, entries, claims)
