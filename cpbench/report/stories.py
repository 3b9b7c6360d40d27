"""The whole story of one claim: as it was registered, changed, measured, foreseen and settled."""

from collections.abc import Iterator

from cpbench.records.scores import Bet, Claim
from cpbench.report.forecasts import baseline_text, forecast_table
from cpbench.report.markdown import code, escape
from cpbench.report.numbers import quantity_text
from cpbench.report.outcomes import says_little


def story(claim: Claim) -> str:
    """Return all that is known about one claim: a list, and a table of its forecasts."""
    head = f"**{code(claim.id)}** {escape(claim.explanation)}"
    lines = [*_registered(claim), *_resolved(claim), *_doubts(claim), *_stakes(claim)]
    blocks = [head, "\n".join(f"- {line}" for line in lines), forecast_table(claim), _notes(claim)]
    return "\n\n".join(block for block in blocks if block)


def bet_status(bet: Bet) -> str:
    """Return whether a bet stands, and what it waits for."""
    waiting = ", ".join(map(escape, bet.waiting_for))
    return {
        "made": "made",
        "offered": f"offered, moves nothing until {waiting or 'all parties'} accept",
        "late": "late: made when results existed, moves nothing",
        "withdrawn": "withdrawn, moves nothing",
    }[bet.status]


def _registered(claim: Claim) -> Iterator[str]:
    yield f"as written: {code(claim.text)}"
    if claim.given:
        yield f"settled only given {code(claim.given)}"
    exposure = escape(claim.exposure.replace("_", " "))
    note = f" – “{escape(claim.exposure_note)}”" if claim.exposure_note else ""
    registered = f"entry {claim.registered_seq} on {escape(claim.registered_at)}"
    yield f"registered as {registered}; exposure declared then: {exposure}{note}"
    yield from (f"before any result: {escape(words)}" for words in claim.amendments)
    yield from (f"**deviation**: {escape(words)}" for words in claim.deviations)


def _resolved(claim: Claim) -> Iterator[str]:
    outcome = claim.outcome
    yield f"settled so: {'; '.join(map(escape, claim.terms)) or escape(outcome.rule)}"
    if outcome.caution:
        yield f"**caution**: {escape(outcome.caution)}"
    if outcome.given:
        yield f"the condition: {escape(outcome.given)}"
    values = [
        f"{code(value.expr)} {quantity_text(value, unit=True)}{_note(value.note)}"
        for value in claim.quantities
    ]
    if values:
        yield f"measured: {'; '.join(values)}"
    yield from (f"an outcome was recorded before: {escape(words)}" for words in claim.earlier)
    if words := baseline_text(claim):
        yield words


def _doubts(claim: Claim) -> Iterator[str]:
    for words in claim.confounds:
        # A claim that would come out so anyway says little, which is not a difference of sides.
        yield escape(words) if says_little(words) else f"confounded: {escape(words)}"
    if claim.is_retrospective:
        yield (
            "its results were published before it was registered: nothing here can show who knew "
            "them, so it counts in a standing of its own"
        )
    yield from (f"known before: {code(result)}" for result in claim.known_results)


def _stakes(claim: Claim) -> Iterator[str]:
    for bet in claim.bets:
        yield f"bet: {escape(bet.text)} – {bet_status(bet)}"


def _notes(claim: Claim) -> str:
    lines = [f"- {escape(each.by)}: “{escape(each.note)}”" for each in claim.forecasts if each.note]
    lines += [
        f"- {escape(each.by)}, brought to nine levels: {escape(each.ranked_as)}"
        for each in claim.forecasts
        if each.ranked_as
    ]
    return "\n".join(lines)


def _note(note: str) -> str:
    return f" ({escape(note)})" if note else ""
