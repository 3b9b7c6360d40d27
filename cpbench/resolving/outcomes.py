"""From grounds to an outcome: the condition first, then the claim by its type."""

from typing import NamedTuple

from cpbench.claims import Event, Number, parse_amount
from cpbench.claims.statements import Statements
from cpbench.records.scores import Outcome
from cpbench.resolving.evaluating import ANY_TIE
from cpbench.resolving.grounds import Grounds
from cpbench.resolving.numbering import number_outcome
from cpbench.resolving.presuppositions import Halt, annulled
from cpbench.resolving.ruling import Ruling, rule_in_words, ruled
from cpbench.resolving.tallying import Tally, tally_event, tally_options
from cpbench.resolving.truth import Truth
from cpbench.specs.claims import Claim, NumericClaim, Resolution


class _Condition(NamedTuple):
    """Where the condition holds, and what became of it as a whole."""

    truth: Truth
    ruling: Ruling
    words: str


def outcome_of(claim: Claim, statements: Statements, ground: Grounds) -> Outcome:
    """Return how a claim comes out on its grounds.

    Args:
        claim: As registered.
        statements: Its own, or the same under another estimator.
        ground: All that the statements name, in samples of seeds.
    """
    if statements.given is None:
        return _decided(claim, statements, ground, None)
    condition = _condition(statements.given, ground, claim.resolution)
    halt = _not_met(condition)
    outcome = (
        halted_outcome(halt, claim)
        if halt
        else _decided(claim, statements, ground, condition.truth)
    )
    return outcome.model_copy(update={"given": condition.words, "n_seeds": ground.num_seeds})


def halted_outcome(halt: Halt, claim: Claim) -> Outcome:
    """Return the outcome of a claim that could not be decided."""
    words = rule_in_words(claim.resolution, claim.type)
    return Outcome(state=halt.state, reason=halt.reason, rule=words)


def tally_of(
    statements: Statements, ground: Grounds, condition: Truth | None, margin: Number | None
) -> Tally:
    """Return how a binary or categorical claim comes out in each sample."""
    if statements.event is not None:
        return tally_event(ground.truth(statements.event, margin), condition)
    options = [(name, ground.truth(event, margin)) for name, event in statements.options]
    return tally_options(options, condition)


def margin_of(rule: Resolution) -> Number | None:
    """Return the difference within which nothing is decided."""
    if rule.margin is not None:
        return parse_amount(rule.margin)
    return None if rule.tie is None else ANY_TIE


def _condition(given: Event, ground: Grounds, rule: Resolution) -> _Condition:
    # A claim is annulled or not: no share of it is. So a condition is never probabilistic.
    if rule.rule == "probabilistic":
        rule = rule.model_copy(update={"rule": "decisive"})
    stated = Statements(given, None, (), None)
    tally = tally_of(stated, ground, None, margin_of(rule))
    ruling = _ruled(tally, stated, ground, None, rule)
    shares = tally.shares(ground.samples.draws)
    words = f"; holds in {shares['yes']:.0%} of draws" if shares else ""
    return _Condition(ground.truth(given, margin_of(rule)), ruling, f"{ruling.state}{words}")


def _not_met(condition: _Condition) -> Halt | None:
    """Return what follows from a condition that does not hold, or may not."""
    match condition.ruling.state:
        case "yes":
            return None
        case "no":
            return annulled("condition_not_met", condition.words)
        case "annulled":
            return Halt("annulled", condition.ruling.reason)
        case _:
            return Halt("ambiguous", f"condition: {condition.ruling.reason}")


def _decided(
    claim: Claim, statements: Statements, ground: Grounds, condition: Truth | None
) -> Outcome:
    rule = claim.resolution
    words = rule_in_words(rule, claim.type)
    if isinstance(claim, NumericClaim) and statements.quantity is not None:
        return number_outcome(claim, statements.quantity, ground, condition).model_copy(
            update={"rule": words}
        )
    tally = tally_of(statements, ground, condition, margin_of(rule))
    ruling = _ruled(tally, statements, ground, condition, rule)
    samples = ground.samples
    # One seed has no spread: a share of its draws would be certainty out of nothing.
    shares = (tally.shares(samples.draws) or {}) if ground.num_seeds > 1 else {}
    way = (
        "yes" if tally.is_binary else ruling.way or max(shares, key=shares.__getitem__, default="")
    )
    return Outcome(
        state=ruling.state,
        reason=ruling.reason,
        probability=shares.get("yes") if tally.is_binary else None,
        shares={} if tally.is_binary else shares,
        option=ruling.way if ruling.state == "option" else "",
        fraction=shares.get("yes") if tally.is_binary and ruling.state == "value" else None,
        undefined=tally.undefined(samples.draws),
        n_seeds=ground.num_seeds,
        sign_count=tally.sign_count(way, samples) if way else "",
        rule=words,
    )


def _ruled(
    tally: Tally,
    statements: Statements,
    ground: Grounds,
    condition: Truth | None,
    rule: Resolution,
) -> Ruling:
    """Apply the rule; where the sample itself is undefined, say which presupposition failed."""
    tied = None if margin_of(rule) is None else tally_of(statements, ground, condition, None)
    ruling = ruled(tally, tied, rule, ground.samples, ground.num_seeds)
    is_undefined = ruling.state == "ambiguous" and (tied or tally).way() is None
    failure = ground.failure(statements.calls) if is_undefined else None
    return Ruling(*failure) if failure else ruling
