"""Recorded outcomes: whether a claim still comes out as the last `resolve` entry says."""

from collections.abc import Iterator, Sequence

from cpbench.errors import CpbenchError
from cpbench.ledger import Entry, ToldClaim
from cpbench.project import Project
from cpbench.resolving import read_evidence, resolve
from cpbench.specs.reading import display
from cpbench.verifying.findings import Finding, deviation


def outcomes_as_recorded(
    project: Project, entries: Sequence[Entry], claims: Sequence[ToldClaim]
) -> Iterator[Finding]:
    """Yield claims that come out otherwise than they were recorded to."""
    today = entries[-1].at[:10] if entries else ""
    for told in claims:
        if not told.recorded or told.is_withdrawn:
            continue
        number, state, words = told.recorded[-1]
        place = f"{display(project.ledger)}:{number}"
        claim = f"{told.entry.payload.prediction.id} / {told.claim.id}"
        try:
            evidence = read_evidence(project, told.protocols)
            now = resolve(told.claim, told.protocols, evidence, today=today).outcome.state
        except CpbenchError:
            continue  # what cannot be read is said of its file
        if now != state:
            yield deviation(place, f"{claim} was recorded as {words}; now it is {now}")
