"""Forecasts and what they scored: a line each for people, all scores of all in a table."""

from collections.abc import Mapping, Sequence

from cpbench.records.scores import Claim, Forecast
from cpbench.report.markdown import escape, table
from cpbench.report.numbers import DASH, loss, plural

SCORES: Mapping[str, str] = {
    "brier": "Brier ↓",
    "brier_sum": "Brier sum ↓",
    "rps": "RPS ↓",
    "log_loss": "Log, nats ↓",
    "spherical_loss": "Spherical ↓",
    "wis_on_grid": "WIS, nine levels ↓",
    "wis": "WIS as stated ↓",
    "crps": "CRPS ↓",
    "interval_score": "Interval score ↓",
    "absolute_error": "Absolute error ↓",
    "baseline_score": "Against even chances ↑",
    "peer_score": "Against peers ↑",
}
"""Name in the record to heading, in the order they are shown."""
IN_UNIT = frozenset({"wis_on_grid", "wis", "crps", "interval_score", "absolute_error"})
"""Scores that are measured in the unit of their claim."""
MAIN: Mapping[str, tuple[str, ...]] = {
    "binary": ("brier", "log_loss"),
    "categorical": ("brier_sum", "rps"),
    "numeric": ("wis_on_grid",),
}
"""What stands beside a forecast in the table of verdicts, by the claim's type."""
INFORMATION = {"": "a person", "spec": "specs", "reference": "reference", "early": "early epochs"}
_MAIN_WORDS = {"brier_sum": "Brier sum ↓ (0 to 2)", "log_loss": "log ↓", "wis_on_grid": "WIS ↓"}


def main_scores(claims: Sequence[Claim]) -> tuple[str, ...]:
    """Return which scores stand beside the forecasts of claims of one type.

    The first always does; another only where a forecast has it.
    """
    first, *others = MAIN[claims[0].type]
    held = {name for claim in claims for each in claim.forecasts for name in each.scores}
    return (first, *(name for name in others if name in held))


def main_heading(claims: Sequence[Claim]) -> str:
    """Return the heading of the forecasts: `Forecast → Brier ↓, log ↓`."""
    words = (_MAIN_WORDS.get(name, SCORES[name]) for name in main_scores(claims))
    return f"Forecast → {', '.join(words)}"


def forecast_lines(claim: Claim, shown: Sequence[str]) -> str:
    """Return people's forecasts, one a line; theories are counted and told below.

    Args:
        claim: The claim.
        shown: The scores that stand beside each, as the heading has them.
    """
    people = [each for each in claim.forecasts if not each.theory]
    lines = [_line(each, claim, shown) for each in people]
    theories = len(claim.forecasts) - len(people)
    if theories:
        lines.append(f"{'and ' if lines else ''}{plural(theories, 'machine forecast')}, below")
    return "<br>".join(lines) or DASH


def forecast_table(claim: Claim) -> str:
    """Return every forecast of a claim with every score it has, or nothing without any."""
    if not claim.forecasts:
        return ""
    held = {name for each in claim.forecasts for name in each.scores}
    names = [*(name for name in SCORES if name in held), *sorted(held - SCORES.keys())]
    header = ["By", "Knows", "Forecast", *(SCORES.get(name, escape(name)) for name in names)]
    rows = [
        [
            escape(each.by),
            escape(INFORMATION.get(each.theory, each.theory)),
            said(each),
            *(_score(each, name, claim.unit) for name in names),
            ", ".join(_remarks(each)),
        ]
        for each in claim.forecasts
    ]
    return table([*header, "Remarks"], rows, right="lll" + "r" * len(names))


def said(forecast: Forecast) -> str:
    """Return what was forecast: `70 %` of a yes, else as the judge wrote it."""
    if forecast.probability is not None:
        return f"{100 * forecast.probability:.4g} %"
    return escape(forecast.text) or DASH


def unscored(forecast: Forecast) -> str:
    """Return why a forecast has no score of its own making, or nothing where it has."""
    if forecast.withdrawn:
        return "withdrawn: not scored"
    if forecast.late:
        return "late: not scored"
    if forecast.sealed == "unrevealed":
        worst = forecast.loss is not None
        return f"never revealed: {'scored at its worst' if worst else 'not scored'}"
    return "sealed: nobody can read it yet" if forecast.sealed == "sealed" else ""


def _line(forecast: Forecast, claim: Claim, shown: Sequence[str]) -> str:
    is_hidden = forecast.sealed in {"sealed", "unrevealed"}
    words = [escape(forecast.by), "" if is_hidden else said(forecast)]
    line = " ".join(word for word in words if word)
    why = unscored(forecast)
    line = f"{line}, {why}" if why else line
    if forecast.loss is None and forecast.brier is None:
        return line
    return f"{line} → {', '.join(_score(forecast, name, claim.unit) for name in shown)}"


def _score(forecast: Forecast, name: str, unit: str) -> str:
    value = forecast.scores.get(name)
    if value is None and name == "brier":
        value = forecast.brier
    return loss(value, unit if name in IN_UNIT else "")


def _remarks(forecast: Forecast) -> list[str]:
    remarks = [unscored(forecast)]
    if forecast.sealed == "revealed":
        remarks.append("was sealed, then revealed")
    if forecast.clipped:
        remarks.append("log loss taken at 0.001 from certainty")
    return [remark for remark in remarks if remark]


def baseline_text(claim: Claim) -> str:
    """Return what a uniform forecast would have scored, or nothing where there is none."""
    if claim.baseline_loss is None:
        return ""
    name = SCORES[MAIN[claim.type][0]]
    number = loss(claim.baseline_loss, claim.unit)
    return f"a uniform forecast scores {number} ({name})"
