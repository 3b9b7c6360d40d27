"""What a prediction file says otherwise than it was registered; adding is no change."""

from collections.abc import Iterator

from cpbench.claims import claim_hash
from cpbench.cli.meaning import bets_on
from cpbench.ledger import PredictionPayload
from cpbench.specs.forecasts import ForecastSpec


def changes_between(before: PredictionPayload, after: PredictionPayload) -> Iterator[str]:
    """Yield what a new registration would take back or say otherwise."""
    if before.prediction.exposure != after.prediction.exposure:
        yield "another exposure"
    declared = after.prediction.known_results or ()
    if any(known not in declared for known in before.prediction.known_results or ()):
        yield "results that were declared as known are gone"
    yield from _claim_changes(before, after)
    claims = {claim.id for claim in after.prediction.claims}
    said = [_said(forecast) for forecast in after.prediction.forecasts]
    for forecast in before.prediction.forecasts:
        if forecast.claim in claims and _said(forecast) not in said:
            yield f"the forecast of {forecast.by} on {forecast.claim} is gone or another"


def _claim_changes(before: PredictionPayload, after: PredictionPayload) -> Iterator[str]:
    claims = {claim.id: claim for claim in after.prediction.claims}
    for claim in before.prediction.claims:
        now = claims.get(claim.id)
        if now is None:
            yield f"claim {claim.id} is gone"
        elif claim_hash(now, after.protocols) != claim_hash(claim, before.protocols):
            yield f"claim {claim.id} or a protocol of it is another"
        elif any(bet not in bets_on(now) for bet in bets_on(claim)):
            yield f"a bet on {claim.id} is gone or another"


def _said(forecast: ForecastSpec) -> ForecastSpec:
    return forecast.model_copy(update={"note": ""})
