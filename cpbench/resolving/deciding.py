"""From a claim and evidence to an outcome, by the rule that was registered."""

from collections.abc import Mapping
from typing import NamedTuple

from cpbench.claims.statements import Statements, claim_hash, statements_of
from cpbench.records.scores import SETTLED, Outcome
from cpbench.records.series import Value
from cpbench.resolving.agreeing import agrees
from cpbench.resolving.evidence import Evidence
from cpbench.resolving.grounds import Grounds, grounds
from cpbench.resolving.outcomes import halted_outcome, outcome_of
from cpbench.resolving.presuppositions import Halt, annulled, at_deadline
from cpbench.resolving.telling import said
from cpbench.specs.claims import Claim

BOOTSTRAP_DIGITS = 16
"""Hex digits of the claim's hash that seed its bootstrap."""
DISAGREE = "estimators disagree"
"""How the reason begins where `agree` leaves a claim open."""


class Resolved(NamedTuple):
    """How a claim came out, and the quantities it rests on."""

    outcome: Outcome
    values: tuple[Value, ...]


def resolve(
    claim: Claim, protocols: Mapping[str, str], evidence: Evidence, *, today: str = ""
) -> Resolved:
    """Return how a claim came out.

    Args:
        claim: As registered.
        protocols: Digest of every protocol, as registered.
        evidence: All there is.
        today: Date of the ledger's last entry, `YYYY-MM-DD`: what deadlines are held against.
            Empty: none has passed.
    """
    statements = statements_of(claim)
    ground = _ground_of(claim, statements, protocols, evidence)
    if isinstance(ground, Halt):
        halt = at_deadline(ground, claim.resolution, today)
        return Resolved(halted_outcome(halt, claim), ())
    outcome = outcome_of(claim, statements, ground)
    if outcome.state in SETTLED:
        outcome = _agreed(outcome, claim, protocols, evidence)
    outcome = outcome.model_copy(update={"caution": _caution(outcome, claim, protocols, evidence)})
    return Resolved(outcome, tuple(map(ground.value, statements.calls)))


def _caution(
    outcome: Outcome, claim: Claim, protocols: Mapping[str, str], evidence: Evidence
) -> str:
    """Return what Student's t says of a claim registered under the plain bootstrap, if otherwise.

    What was registered decides; that it errs more often with few seeds is said beside it.
    """
    rule = claim.resolution
    if rule.rule == "point" or rule.draws == "student" or outcome.state == "pending":
        return ""
    if outcome.reason.startswith(DISAGREE):
        return ""
    redrawn = rule.model_copy(update={"draws": "student"})
    told = resolve(claim.model_copy(update={"resolution": redrawn}), protocols, evidence).outcome
    if (told.state, told.option) == (outcome.state, outcome.option):
        return ""
    share = "" if told.probability is None else f" (holds in {told.probability:.1%} of draws)"
    return (
        f"drawn by Student's t, which errs less with few seeds, it would be {said(told)}{share}; "
        "decided as registered, by the plain bootstrap"
    )


def resolve_under(
    estimator: str, claim: Claim, protocols: Mapping[str, str], evidence: Evidence
) -> Outcome:
    """Return how a claim would come out were every end in it taken by one estimator.

    The draws are those of the claim as registered.
    """
    statements = statements_of(claim).under(estimator)
    ground = _ground_of(claim, statements, protocols, evidence)
    if isinstance(ground, Halt):
        return halted_outcome(ground, claim)
    return outcome_of(claim, statements, ground)


def _ground_of(
    claim: Claim, statements: Statements, protocols: Mapping[str, str], evidence: Evidence
) -> Grounds | Halt:
    """Return what a claim rests on, in draws that its hash seeds, or why it cannot be looked at."""
    named = {name: protocols[name] for name in statements.protocols}
    seed = bootstrap_seed(claim, protocols)
    return grounds(statements.calls, named, evidence, claim.resolution, seed)


def bootstrap_seed(claim: Claim, protocols: Mapping[str, str]) -> int:
    """Return what seeds a claim's draws: its hash, so that nobody can pick them."""
    return int(claim_hash(claim, protocols)[:BOOTSTRAP_DIGITS], 16)


def withdrawn(claim: Claim) -> Outcome:
    """Return the outcome of a claim that everyone it concerns took back before any result."""
    return halted_outcome(annulled("by_consent", "taken back before any result existed"), claim)


def _agreed(
    outcome: Outcome, claim: Claim, protocols: Mapping[str, str], evidence: Evidence
) -> Outcome:
    """Return an outcome, ambiguous where an estimator that must agree does not."""
    for estimator in claim.resolution.agree or ():
        other = resolve_under(estimator, claim, protocols, evidence)
        if not agrees(outcome, other, claim.resolution):
            reason = f"{DISAGREE}: {estimator} says {said(other)}"
            changed = {"state": "ambiguous", "reason": reason, "option": "", "fraction": None}
            return outcome.model_copy(update=changed)
    return outcome
