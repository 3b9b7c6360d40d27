"""How claims came out, in words: a word per state, never two states in one, and what weakens it."""

from collections.abc import Iterable

from cpbench.records.scores import Claim, Outcome
from cpbench.report.markdown import escape
from cpbench.report.numbers import decimal, plural, probability, quantity_text

OUTCOMES = {
    "yes": "● **YES**",
    "no": "○ **NO**",
    "value": "■ **VALUE**",
    "option": "◆ **OPTION**",
    "ambiguous": "◐ **AMBIGUOUS**",
    "annulled": "⊘ **ANNULLED**",
    "pending": "… **PENDING**",
}
_SILENT = frozenset({"yes", "no", "value", "option"})
"""States that need no reason; one that is given is shown all the same."""
SAYS_LITTLE = ("near-automatic", "cheap")
"""How the judge begins what it says of a claim that would come out so whatever the truth."""


def counts(claims: Iterable[Claim]) -> str:
    """Return `5 claims: 1 yes, 1 no, …`."""
    states = [claim.outcome.state for claim in claims]
    found = [f"{states.count(state)} {state}" for state in OUTCOMES if state in states]
    return f"{plural(len(states), 'claim')}: {', '.join(found)}"


def outcome_text(outcome: Outcome) -> str:
    """Return the outcome's word, what it came out as and, unless it speaks for itself, why."""
    reason = escape(outcome.reason)
    if not reason and outcome.state not in _SILENT:
        reason = "no reason was recorded"
    return "<br>".join(part for part in (OUTCOMES[outcome.state], _said(outcome), reason) if part)


def shares_text(outcome: Outcome) -> str:
    """Return each option's share of the draws, the largest first."""
    ranked = sorted(outcome.shares.items(), key=lambda pair: -pair[1])
    return "<br>".join(f"{escape(name)} {probability(share)}" for name, share in ranked)


def undefined_text(outcome: Outcome) -> str:
    """Return the share of draws in which the claim says nothing, or nothing where there is none."""
    undefined = outcome.undefined or 0.0
    return f"{decimal(100 * undefined, 1)} % undefined" if undefined > 0 else ""


def badges(claim: Claim) -> tuple[str, ...]:
    """Return what weakens a claim: the judge's badges, and those its own fields imply."""
    kinds = {says_little(words) for words in claim.confounds}
    implied = {
        "confounded": "" in kinds,
        **{kind: kind in kinds for kind in SAYS_LITTLE},
        "published before registration": claim.is_retrospective,
        "results existed": bool(claim.known_results),
        claim.exposure.replace("_", " "): claim.exposure != "nothing_run",
        "late forecast": any(forecast.late for forecast in claim.forecasts),
        "deviations": bool(claim.deviations) and not {"amended", "disputed"} & {*claim.badges},
        "outcome changed": bool(claim.earlier),
        "turns on the draws": bool(claim.outcome.caution),
    }
    words = [badge.replace("_", " ") for badge in claim.badges]
    return tuple(dict.fromkeys([*words, *(word for word, holds in implied.items() if holds)]))


def says_little(confound: str) -> str:
    """Return which of the two ways to say little this is, or nothing for a difference of sides."""
    head = confound.partition(":")[0]
    return head if head in SAYS_LITTLE else ""


def _said(outcome: Outcome) -> str:
    if outcome.state == "option":
        return escape(outcome.option)
    if outcome.state != "value":
        return ""
    if outcome.fraction is not None:
        return f"holds in {decimal(100 * outcome.fraction, 0)} % of draws"
    if outcome.value is None:
        return ""
    note = f" ({escape(outcome.value.note)})" if outcome.value.note else ""
    return f"{quantity_text(outcome.value, unit=True)}{note}"
