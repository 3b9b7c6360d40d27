"""Claims and how they came out: a compact table per prediction, the whole story folded below."""

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter

from cpbench.records.scores import Claim, Forecast, Outcome
from cpbench.report.markdown import code, escape, folded, table
from cpbench.report.numbers import DASH, decimal, money, probability, quantity_text

OUTCOMES = {
    "yes": "● **YES**",
    "no": "○ **NO**",
    "ambiguous": "◐ **AMBIGUOUS**",
    "annulled": "⊘ **ANNULLED**",
    "pending": "… **PENDING**",
}
KEY = (
    "<sub>π: share of seed-bootstrap draws in which the claim holds. n: seeds. "
    "Holds in: single seeds, each judged alone. Brier: 0 is perfect, 0.25 is what always saying "
    "50 % scores; only YES and NO are scored.</sub>"
)
Link = Callable[[str], str]
"""From a protocol's name to the address of its page, seen from the page that is written."""


def verdicts(claims: Sequence[Claim], link: Link) -> str:
    """Return one table per prediction, in the order of registration."""
    groups: dict[str, list[Claim]] = {}
    for claim in claims:
        groups.setdefault(claim.prediction, []).append(claim)
    parts = [_prediction(group, link) for group in groups.values()]
    return "\n\n".join([*parts, KEY]) if parts else ""


def counts(claims: Iterable[Claim]) -> str:
    """Return `5 claims: 1 yes, 1 no, …`."""
    states = [claim.outcome.state for claim in claims]
    found = [f"{states.count(state)} {state}" for state in OUTCOMES if state in states]
    return f"{len(states)} claim{'' if len(states) == 1 else 's'}: {', '.join(found)}"


def outcome_text(outcome: Outcome) -> str:
    """Return the outcome's word and, unless it speaks for itself, its reason."""
    silent = outcome.state in {"yes", "no"}
    reason = escape(outcome.reason) or ("" if silent else "no reason was recorded")
    return f"{OUTCOMES[outcome.state]}<br>{reason}" if reason else OUTCOMES[outcome.state]


def badges(claim: Claim) -> tuple[str, ...]:
    """Return what weakens a claim: the judge's badges, and those its own fields imply."""
    implied = {
        "confounded": bool(claim.confounds),
        "results existed": bool(claim.known_results),
        claim.exposure.replace("_", " "): claim.exposure != "nothing_run",
        "late forecast": any(forecast.late for forecast in claim.forecasts),
    }
    words = [badge.replace("_", " ") for badge in claim.badges]
    return tuple(dict.fromkeys([*words, *(word for word, holds in implied.items() if holds)]))


def payments_text(claim: Claim) -> str:
    """Return who pays whom, over all stakes of the claim; integer cents, so the sum is exact."""
    if not claim.payments:
        return DASH
    totals: dict[tuple[str, str], int] = {}
    for one in claim.payments:
        key = (one.currency, one.party)
        totals[key] = totals.get(key, 0) + one.cents
    moved = [(party, cents, currency) for (currency, party), cents in totals.items() if cents]
    if len(moved) == 2 and moved[0][2] == moved[1][2]:  # noqa: PLR2004 - one pays, one receives
        (loser, _, _), (winner, cents, currency) = sorted(moved, key=itemgetter(1))
        return f"{escape(loser)} pays {escape(winner)} {escape(money(cents, currency))}"
    lines = [
        f"{escape(party)} {'+' if cents > 0 else ''}{escape(money(cents, currency))}"
        for party, cents, currency in moved
    ]
    return "<br>".join(lines) or "stakes returned"


def _prediction(claims: Sequence[Claim], link: Link) -> str:
    header = ["Claim", "Outcome", "π", "n", "Holds in", "Forecast → Brier ↓", "Money"]
    rows = [_row(claim, link) for claim in claims]
    stories = "\n\n".join(_story(claim) for claim in claims)
    return "\n\n".join(
        [
            f"### {escape(claims[0].prediction_title) or code(claims[0].prediction)}",
            table(header, rows, right="llrrlll"),
            folded("How each claim was registered and resolved", stories),
        ]
    )


def _row(claim: Claim, link: Link) -> list[str]:
    outcome = claim.outcome
    names = " · ".join(f"[{escape(name)}]({link(name)})" for name in claim.protocols)
    marks = [code(badge) for badge in badges(claim)]
    below = " ".join(part for part in (names, *marks) if part)
    undefined = outcome.undefined or 0.0
    doubt = f"<br>{decimal(100 * undefined, 1)} % undefined" if undefined > 0 else ""
    return [
        f"{escape(claim.title or claim.explanation)}<br><sub>{below}</sub>",
        outcome_text(outcome),
        f"{probability(outcome.probability)}{doubt}",
        str(outcome.n_seeds) if outcome.n_seeds else DASH,
        escape(outcome.sign_count) or DASH,
        "<br>".join(_forecast(forecast) for forecast in claim.forecasts) or DASH,
        payments_text(claim),
    ]


def _forecast(forecast: Forecast) -> str:
    said = f"{escape(forecast.by)} {100 * forecast.probability:.4g} %"
    if forecast.late:
        return f"{said}, late: not scored"
    return said if forecast.brier is None else f"{said} → {forecast.brier:.3f}"


def _story(claim: Claim) -> str:
    """Return all that is known about one claim, as a list."""
    values = [
        f"{code(value.expr)} {quantity_text(value, unit=True)}{_note(value.note)}"
        for value in claim.quantities
    ]
    exposure = escape(claim.exposure.replace("_", " "))
    note = f" – “{escape(claim.exposure_note)}”" if claim.exposure_note else ""
    registered = f"entry {claim.registered_seq} on {escape(claim.registered_at)}"
    lines = [
        f"- registered as {registered}; exposure declared then: {exposure}{note}",
        f"- rule: {escape(claim.outcome.rule)}",
        *([f"- measured: {'; '.join(values)}"] if values else []),
        *(f"- confounded: {escape(confound)}" for confound in claim.confounds),
        *(f"- known before: {code(result)}" for result in claim.known_results),
        *(f"- {escape(one.by)}: “{escape(one.note)}”" for one in claim.forecasts if one.note),
    ]
    head = f"**{code(claim.id)}** {escape(claim.explanation)}"
    return "\n".join([head, "", f"- as written: {code(claim.text)}", *lines])


def _note(note: str) -> str:
    return f" ({escape(note)})" if note else ""
