"""What `cpbench resolve` finds out about claims, registered or not, and how it records it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from cpbench.claims import load_prediction, offers_of
from cpbench.claims.statements import claim_hash, statements_of
from cpbench.errors import UsageError
from cpbench.ledger import (
    ResolvePayload,
    ToldClaim,
    append,
    claims_of,
    known_results,
    read_ledger,
)
from cpbench.project import Project
from cpbench.records.scores import Outcome
from cpbench.records.series import Value
from cpbench.resolving import (
    Evidence,
    Explanation,
    explain_outcome,
    read_evidence,
    resolve,
    withdrawn,
    written,
)
from cpbench.scoring.confounds import confounds
from cpbench.scoring.judging import in_words
from cpbench.specs.base import Spec
from cpbench.specs.claims import Claim
from cpbench.specs.validating import one_of

_DIGEST_OF_NOTHING = "0" * 64
"""Stands for a protocol that has no plan yet."""


class Finding(Spec):
    """How one claim comes out, and on what."""

    prediction: str
    claim: str
    registered: bool
    title: str
    text: str
    given: str
    outcome: Outcome
    quantities: tuple[Value, ...]
    confounds: tuple[str, ...]
    recorded: tuple[str, ...]
    """Outcomes that stand in the ledger, with their entry."""
    claim_hash: str
    results: dict[str, str]
    """What it rests on: SHA-256 of each protocol's results, where there are any."""
    why: Explanation | None = None
    """Only where it was asked for."""


class _Asked(NamedTuple):
    """A claim to be resolved."""

    prediction: str
    claim: Claim
    protocols: Mapping[str, str]
    registered: bool
    is_withdrawn: bool = False
    recorded: tuple[tuple[int, str, str], ...] = ()


def findings(project: Project, prediction: str, claim: str, *, explain: bool) -> list[Finding]:
    """Return how claims come out.

    Args:
        project: Ledger, plans and results.
        prediction: Id of a registered prediction, path of a file, or empty for all that are
            registered.
        claim: Id of one of its claims, or empty for all.
        explain: Whether to say why.

    Raises:
        UsageError: There is no such prediction or claim.
        SpecError: The file is not valid.
        IntegrityError: The ledger is broken.
        EvidenceError: A plan or results file cannot be read.
    """
    entries = read_ledger(project.ledger)
    told = claims_of(entries)
    if prediction.endswith((".yaml", ".yml")):
        written_down = load_prediction(Path(prediction), offers_of(project))
        evidence = _evidence(project, written_down.claims)
        asked = [_looked_up(each, written_down.id, told, evidence) for each in written_down.claims]
    else:
        asked = list(_of_ledger(told, prediction))
        evidence = _evidence(project, [each.claim for each in asked])
    if claim:
        ids = [each.claim.id for each in asked]
        if claim not in ids:
            raise UsageError(f"claim {one_of(claim, ids)}")
        asked = [each for each in asked if each.claim.id == claim]
    today = entries[-1].at[:10] if entries else ""
    return [_finding(each, project, evidence, today, explain=explain) for each in asked]


def recorded(project: Project, found: Sequence[Finding]) -> list[str]:
    """Enter outcomes into the ledger and return what was done, one line each.

    Raises:
        UsageError: A claim is not registered.
    """
    if strangers := [each for each in found if not each.registered]:
        raise UsageError(
            f"{strangers[0].prediction} is not registered; only a dry look is possible"
        )
    return [_record(project, each) for each in found]


def _record(project: Project, finding: Finding) -> str:
    name = f"{finding.prediction} / {finding.claim}"
    words = in_words(finding.outcome)
    if finding.outcome.state == "pending":
        return f"{name}: pending, nothing to record"
    if finding.recorded and finding.recorded[-1].partition(" records ")[2] == words:
        return f"{name}: {finding.recorded[-1]} already"
    payload = ResolvePayload(
        prediction=finding.prediction,
        claim=finding.claim,
        claim_hash=finding.claim_hash,
        known_results=known_results(project, finding.results),
        state=finding.outcome.state,
        text=words,
        results=finding.results,
    )
    return f"{name}: entry {append(project, payload).seq} records {words}"


def _evidence(project: Project, claims: Iterable[Claim]) -> Evidence:
    return read_evidence(
        project, {name for each in claims for name in statements_of(each).protocols}
    )


def _of_ledger(told: Sequence[ToldClaim], prediction: str) -> Iterator[_Asked]:
    names = list(dict.fromkeys(each.entry.payload.prediction.id for each in told))
    if prediction and prediction not in names:
        raise UsageError(f"prediction {one_of(prediction, names)}")
    for each in told:
        if prediction in {"", each.entry.payload.prediction.id}:
            yield _registered(each, each.claim)


def _looked_up(
    claim: Claim, prediction: str, told: Sequence[ToldClaim], evidence: Evidence
) -> _Asked:
    """Return a claim of a file, as registered where the ledger has this very claim."""
    digests = dict.fromkeys(statements_of(claim).protocols, _DIGEST_OF_NOTHING)
    digests.update({name: study.digest for name, study in evidence.items() if name in digests})
    name = claim_hash(claim, digests)
    for each in told:
        if (each.entry.payload.prediction.id, each.hash) == (prediction, name):
            return _registered(each, claim)
    return _Asked(prediction, claim, digests, registered=False)


def _registered(told: ToldClaim, claim: Claim) -> _Asked:
    """Return a claim of the ledger; `claim` has the same meaning, maybe another title."""
    name = told.entry.payload.prediction.id
    return _Asked(
        name,
        claim,
        told.protocols,
        registered=True,
        is_withdrawn=told.is_withdrawn,
        recorded=told.recorded,
    )


def _finding(
    asked: _Asked, project: Project, evidence: Evidence, today: str, *, explain: bool
) -> Finding:
    claim, protocols = asked.claim, asked.protocols
    found = resolve(claim, protocols, evidence, today=today)
    outcome = withdrawn(claim) if asked.is_withdrawn else found.outcome
    why = explain_outcome(claim, protocols, evidence, today=today) if explain else None
    # Published results are part of their protocol: its digest is theirs.
    results = {name: evidence[name].digest for name in protocols if name in evidence}
    results = {name: digest for name, digest in results.items() if evidence[name].rows}
    results.update({each.protocol: each.sha256 for each in known_results(project, protocols)})
    return Finding(
        prediction=asked.prediction,
        claim=claim.id,
        registered=asked.registered,
        title=claim.title,
        text=written(claim),
        given=claim.given or "",
        outcome=outcome,
        quantities=found.values,
        confounds=confounds(claim, evidence),
        recorded=tuple(f"entry {seq} records {words}" for seq, _, words in asked.recorded),
        claim_hash=claim_hash(claim, protocols),
        results=results,
        why=why and why.model_copy(update={"outcome": outcome}),
    )
