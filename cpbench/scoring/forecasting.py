"""Forecasts against outcomes: every score that the form of a forecast has."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeGuard

from cpbench.ledger import ToldForecast
from cpbench.records.scores import SETTLED, Forecast, Outcome, Seal
from cpbench.scoring.losses import (
    form_of,
    fraction_of,
    probs_of,
    rank_rule,
    scores_of,
    value_of,
)
from cpbench.scoring.rules.forms import LEVELS, quantiles_of
from cpbench.scoring.rules.relative import peer_scores
from cpbench.specs.claims import BinaryClaim, CategoricalClaim, Claim, NumericClaim
from cpbench.specs.forecasts import ForecastSpec


def scored(told: Sequence[ToldForecast], claim: Claim, outcome: Outcome) -> tuple[Forecast, ...]:
    """Return forecasts with what they scored: nothing unless the claim came out, in time.

    Args:
        told: As the ledger has them.
        claim: What they are about.
        outcome: How it came out.
    """
    found = [_scored(each, claim, outcome) for each in told]
    return tuple(_with_peers(found))


def _scored(told: ToldForecast, claim: Claim, outcome: Outcome) -> Forecast:
    said = told.forecast
    counts = outcome.state in SETTLED and not told.is_late and not told.is_withdrawn
    record = Forecast(
        by=told.by,
        theory=told.theory.information if told.theory else "",
        text=_text(said, claim),
        probability=said.p if said else None,
        probs=probs_of(said, claim),
        quantiles=_quantiles(said),
        ranked_as=quantiles_of(form_of(said)).assumption if _is_numeric(said) else "",
        late=told.is_late,
        withdrawn=told.is_withdrawn,
        sealed=_seal(told, outcome),
        registered_seq=told.seq,
        note=said.note if said else "",
    )
    if not counts:
        return record
    scores, is_clipped = scores_of(said or _worst(told, claim, outcome), claim, outcome)
    ranked = scores.get(rank_rule(claim))
    return record.model_copy(
        update={
            "scores": scores,
            "clipped": is_clipped,
            "loss": ranked,
            "brier": scores.get("brier"),
        }
    )


def _worst(told: ToldForecast, claim: Claim, outcome: Outcome) -> ForecastSpec | None:
    """Return what an unrevealed seal is scored as: sure of what did not happen.

    Of a number with bounds that is the farther bound. Without bounds there is no worst value, so
    `predict` takes no seals on it.
    """
    if isinstance(claim, BinaryClaim):
        happened = fraction_of(outcome)
        return ForecastSpec(by=told.by, claim=claim.id, p=0.0 if (happened or 0.0) >= 0.5 else 1.0)  # noqa: PLR2004
    if isinstance(claim, CategoricalClaim):
        wrong = next(name for name in claim.names if name != outcome.option)
        probs = {name: float(name == wrong) for name in claim.names}
        return ForecastSpec(by=told.by, claim=claim.id, probs=probs)
    value = value_of(outcome)
    if claim.bounds is None or value is None:
        return None
    farther = max(claim.bounds, key=lambda bound: abs(bound - value))
    return ForecastSpec(by=told.by, claim=claim.id, point=farther)


def _seal(told: ToldForecast, outcome: Outcome) -> Seal:
    if not told.sealed:
        return ""
    if told.forecast is not None:
        return "revealed"
    return "unrevealed" if outcome.state in SETTLED else "sealed"


def _is_numeric(said: ForecastSpec | None) -> TypeGuard[ForecastSpec]:
    return said is not None and said.p is None and said.probs is None


def _quantiles(said: ForecastSpec | None) -> dict[str, float]:
    if not _is_numeric(said):
        return {}
    grid = quantiles_of(form_of(said)).quantiles
    return {f"{level:g}": value for level, value in zip(LEVELS, grid, strict=True)}


def _text(said: ForecastSpec | None, claim: Claim) -> str:
    if said is None:
        return "sealed"
    if said.p is not None:
        return f"{said.p:.4g}"
    if said.probs is not None:
        return ", ".join(f"{name} {value:.4g}" for name, value in probs_of(said, claim).items())
    unit = f" {claim.unit}" if isinstance(claim, NumericClaim) else ""
    return f"{_numeric_text(said)}{unit}"


def _numeric_text(said: ForecastSpec) -> str:
    if said.normal is not None:
        return f"{said.normal.mean:.4g} ± {said.normal.sd:.4g}"
    if said.interval is not None:
        inside = said.interval
        return f"[{inside.lower:.4g}, {inside.upper:.4g}] at {inside.coverage:.0%}"
    if said.quantiles is not None:
        return ", ".join(f"{level}: {value:.4g}" for level, value in said.quantiles.items())
    return f"{said.point or 0.0:.4g}"


def _with_peers(forecasts: Sequence[Forecast]) -> Iterator[Forecast]:
    """Yield forecasts with their points against those who had the same information."""
    groups: dict[str, list[int]] = {}
    for index, each in enumerate(forecasts):
        # A seal that is still closed says nothing of its owner, so it moves nobody else's points.
        if "log_loss" in each.scores and each.sealed != "unrevealed":
            groups.setdefault(each.theory, []).append(index)
    points: Mapping[int, float] = {
        index: score
        for group in groups.values()
        for index, score in zip(
            group,
            peer_scores([forecasts[index].scores["log_loss"] for index in group]) or (),
            strict=False,
        )
    }
    for index, each in enumerate(forecasts):
        extra = {"peer_score": points[index]} if index in points else {}
        yield each.model_copy(update={"scores": {**each.scores, **extra}})
