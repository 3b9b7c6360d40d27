"""Losses: what a forecast of any form scores on a claim of any type."""

from collections.abc import Mapping, Sequence
from statistics import fmean

from cpbench.records.scores import SETTLED, Outcome
from cpbench.scoring.rules import binary, categorical
from cpbench.scoring.rules.forms import LEVELS, NumericForm, own_loss, quantiles_of
from cpbench.scoring.rules.numeric import wis
from cpbench.scoring.rules.relative import baseline_score
from cpbench.specs.claims import BinaryClaim, CategoricalClaim, Claim, NumericClaim
from cpbench.specs.forecasts import ForecastSpec

GRID_RULE = "wis_on_grid"
"""WIS at the nine levels all forms are brought to: what numeric forecasts are ranked by."""
BINARY_OPTIONS = 2


def scores_of(
    said: ForecastSpec | None, claim: Claim, outcome: Outcome
) -> tuple[dict[str, float], bool]:
    """Return every score by name, and whether the log loss was clipped."""
    if said is None:
        return {}, False
    match claim:
        case BinaryClaim():
            happened = fraction_of(outcome)
            return _binary(said.p or 0.0, happened) if happened is not None else ({}, False)
        case CategoricalClaim():
            return _categorical(probs_of(said, claim), claim, _happened(outcome))
        case NumericClaim():
            value = value_of(outcome)
            return (_numeric(form_of(said), value), False) if value is not None else ({}, False)


def baseline_loss(claim: Claim, outcome: Outcome) -> float | None:
    """Return what a uniform forecast loses on average over outcomes that are all as likely.

    Not what it lost on this outcome: losses are divided by it, and dividing a proper score by
    something that depends on what happens makes it improper. A number needs bounds to be uniform
    over; the uniform's quantile at level l expects a pinball loss of l (1 − l)/2 of the width.

    Args:
        claim: What was asked.
        outcome: How it came out; nothing is lost on a claim that did not.
    """
    if outcome.state not in SETTLED:
        return None
    match claim:
        case BinaryClaim():
            return binary.brier(0.5, outcome=0.5)
        case CategoricalClaim():
            even = {name: 1 / len(claim.names) for name in claim.names}
            rule = rank_rule(claim)
            return _categorical(even, claim, even)[0][rule]
        case NumericClaim():
            width = claim.bounds[1] - claim.bounds[0] if claim.bounds else 0.0
            return width * fmean(level * (1 - level) for level in LEVELS) or None


def rank_rule(claim: Claim) -> str:
    """Return the loss that forecasters of a claim are ranked by."""
    if isinstance(claim, BinaryClaim):
        return "brier"
    if isinstance(claim, NumericClaim):
        return GRID_RULE
    return "rps" if claim.ordered else "brier_sum"


def fraction_of(outcome: Outcome) -> float | None:
    """Return what a binary claim came out as: 1 for yes, 0 for no, or the share it resolves to."""
    if outcome.fraction is not None and outcome.state == "value":
        return outcome.fraction
    return {"yes": 1.0, "no": 0.0}.get(outcome.state)


def value_of(outcome: Outcome) -> float | None:
    """Return the value a numeric claim came out as."""
    return outcome.value.value if outcome.state == "value" and outcome.value else None


def form_of(said: ForecastSpec) -> NumericForm:
    """Return a numeric forecast as the scoring rules take it."""
    form = said.normal or said.interval or said.quantiles
    return form if form is not None else float(said.point or 0.0)


def probs_of(said: ForecastSpec | None, claim: Claim) -> dict[str, float]:
    """Return the probability of every option, zero where nothing was said of `other`."""
    if said is None or said.probs is None or not isinstance(claim, CategoricalClaim):
        return {}
    return {name: said.probs.get(name, 0.0) for name in claim.names}


def _happened(outcome: Outcome) -> Mapping[str, float]:
    """Return what happened: one option, or the share of draws of each."""
    return {outcome.option: 1.0} if outcome.state == "option" else outcome.shares


def _binary(probability: float, happened: float) -> tuple[dict[str, float], bool]:
    log_loss, is_clipped = binary.log_loss(probability, outcome=happened)
    scores = {
        "brier": binary.brier(probability, outcome=happened),
        "log_loss": log_loss,
        "spherical_loss": binary.spherical_loss(probability, outcome=happened),
        "baseline_score": baseline_score(log_loss, num_options=BINARY_OPTIONS),
    }
    return scores, is_clipped


def _categorical(
    told: Mapping[str, float], claim: CategoricalClaim, happened: Mapping[str, float]
) -> tuple[dict[str, float], bool]:
    """Return the scores expected over what happened, and whether a log loss was clipped."""
    probs = [told[name] for name in claim.names]
    scores: dict[str, float] = {}
    is_clipped = False
    for name, share in happened.items():
        index = claim.names.index(name)
        log_loss, clipped = categorical.log_loss(probs, outcome=index)
        is_clipped = is_clipped or clipped
        found = {
            "brier_sum": categorical.brier_sum(probs, outcome=index),
            "log_loss": log_loss,
            "spherical_loss": categorical.spherical_loss(probs, outcome=index),
            "baseline_score": baseline_score(log_loss, num_options=len(probs)),
            **({"rps": _ranked(probs, index)} if claim.ordered else {}),
        }
        scores = {key: scores.get(key, 0.0) + share * value for key, value in found.items()}
    return scores, is_clipped


def _ranked(probs: Sequence[float], index: int) -> float:
    """Return the ranked score of ordered options beside one that has no place in their order.

    The last option, `other`, is scored by itself, (o − what happened)²; the rest by the ranked
    score of their probabilities given that it is one of them. Both are proper, and so is the sum.
    """
    *named, other = probs
    if index == len(named):
        return (1 - other) ** 2
    rest = sum(named)
    given = [each / rest for each in named] if rest > 0 else [1 / len(named)] * len(named)
    return other**2 + categorical.rps(given, outcome=index)


def _numeric(form: NumericForm, value: float) -> dict[str, float]:
    rule, loss = own_loss(form, outcome=value)
    return {rule: loss, GRID_RULE: wis(LEVELS, quantiles_of(form).quantiles, outcome=value)}
