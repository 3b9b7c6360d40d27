"""Predictions: claims the results can settle, who expects what of them, and what is staked."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from cpbench.digests import digest
from cpbench.specs.base import Identifier, Spec, Text
from cpbench.specs.claims import BinaryClaim, CategoricalClaim, Claim, NumericClaim
from cpbench.specs.forecasts import FORMS, ForecastSpec, values_of
from cpbench.specs.reading import Place
from cpbench.specs.stakes import PoolBet
from cpbench.specs.validating import one_of

Exposure = Literal["nothing_run", "piloted", "seen_related", "seen"]


class PredictionAbout(Spec):
    """For people: in no digest."""

    title: Text
    """One line that says what is at stake."""
    notes: Text = ""
    """Anything a reader should know."""


class KnownSpec(Spec):
    """Results that the predictors had seen: reference for theories, a badge for readers."""

    protocol: Identifier
    arm: Identifier | None = None
    """Only this arm of it."""


class Prediction(Spec):
    """A prediction file; `cpbench predict` copies it into the ledger."""

    id: Identifier
    """The file's name without its ending."""
    about: PredictionAbout
    exposure: Exposure
    """What was known of the results when this was written."""
    exposure_note: Text = ""
    """Which results were seen."""
    known_results: tuple[KnownSpec, ...] | None = None
    """Results declared as known; those on disk are found at registration by themselves."""
    claims: Annotated[tuple[Claim, ...], Field(min_length=1, max_length=100)]
    forecasts: Annotated[tuple[ForecastSpec, ...], Field(max_length=1000)] = ()

    @property
    def digest(self) -> str:
        """The SHA-256 of all but `about`: what makes an edit a new registration."""
        value: dict[str, Any] = self.json_value()
        value.pop("about")
        return digest(value)


class ForecastFile(Spec):
    """Forecasts of a prediction that is registered already; may lie anywhere."""

    prediction: Identifier
    """Id of the prediction."""
    forecasts: Annotated[tuple[ForecastSpec, ...], Field(min_length=1, max_length=1000)]


class Fault(NamedTuple):
    """A contradiction between two parts of a prediction, and where to mend it."""

    place: Place
    message: str


def faults(prediction: Prediction) -> Iterator[Fault]:
    """Yield where a prediction contradicts itself."""
    yield from _twice([claim.id for claim in prediction.claims], "claims", "id")
    yield from forecast_faults(prediction.claims, prediction.forecasts)
    for index, claim in enumerate(prediction.claims):
        yield from _stake_faults(claim, ("claims", index), prediction)


def forecast_faults(claims: Sequence[Claim], forecasts: Sequence[ForecastSpec]) -> Iterator[Fault]:
    """Yield forecasts that answer no claim, answer it in another form, or answer it twice."""
    known = {claim.id: claim for claim in claims}
    for index, forecast in enumerate(forecasts):
        claim = known.get(forecast.claim)
        if claim is None:
            yield Fault(("forecasts", index, "claim"), f"claim {one_of(forecast.claim, known)}")
        elif forecast.form not in FORMS[claim.type]:
            forms = " | ".join(FORMS[claim.type])
            message = f"does not answer a {claim.type} claim; write {forms}"
            yield Fault(("forecasts", index, forecast.form), message)
        elif isinstance(claim, CategoricalClaim):
            yield from _option_faults(claim, forecast, ("forecasts", index, "probs"))
        elif isinstance(claim, NumericClaim):
            yield from _bound_faults(claim, forecast, ("forecasts", index))
    yield from _twice([f"{each.by} on {each.claim}" for each in forecasts], "forecasts", "by")


def _option_faults(
    claim: CategoricalClaim, forecast: ForecastSpec, place: Place
) -> Iterator[Fault]:
    probs = forecast.probs or {}
    for name in sorted(probs.keys() - {*claim.names}):
        yield Fault((*place, name), f"option {one_of(name, claim.names)}")
    if missing := [option.name for option in claim.options if option.name not in probs]:
        yield Fault(place, f"says nothing of {', '.join(missing)}; give every option a probability")


def _bound_faults(claim: NumericClaim, forecast: ForecastSpec, place: Place) -> Iterator[Fault]:
    """Yield what a forecast says to be likely and the claim says to be impossible.

    Tails of a normal distribution may reach beyond; its mean may not.
    """
    if claim.bounds is None:
        return
    low, high = claim.bounds
    unit = "" if claim.unit == "1" else f" {claim.unit}"
    for step, value in values_of(forecast):
        if low <= value <= high:
            continue
        is_share = unit in {" percent", " pp"} and abs(value) <= 1 and low <= value * 100 <= high
        way_out = f"did you mean {value * 100:g}?" if is_share else "write a value between them"
        message = f"{value:g}{unit} is outside of the bounds {low:g} to {high:g}; {way_out}"
        yield Fault((*place, *step), message)


def _twice(words: list[str], *place: str) -> Iterator[Fault]:
    for index, word in enumerate(words):
        if word in words[:index]:
            yield Fault((place[0], index, *place[1:]), f"'{word}' is written twice; keep one")


def _stake_faults(claim: Claim, place: Place, prediction: Prediction) -> Iterator[Fault]:
    if isinstance(claim, BinaryClaim):
        for number, stake in enumerate(claim.stakes):
            if stake.yes == stake.no:
                message = f"'{stake.no}' bets against itself; name another party"
                yield Fault((*place, "stakes", number, "no"), message)
            if stake in claim.stakes[:number]:
                message = "this bet is written twice; keep one, or change its amount"
                yield Fault((*place, "stakes", number), message)
    if claim.pool is not None:
        yield from _pool_faults(claim, (*place, "pool"), prediction)


def _pool_faults(claim: Claim, place: Place, prediction: Prediction) -> Iterator[Fault]:
    pool = claim.pool
    if pool is None:
        return
    if claim.type == "numeric":
        yield Fault(place, "a number has no pool; ask a binary or a categorical claim beside it")
        return
    sides = claim.names if isinstance(claim, CategoricalClaim) else ("yes", "no")
    forecasters = {each.by for each in prediction.forecasts if each.claim == claim.id}
    names = [bet.by for bet in pool.bets]
    for number, bet in enumerate(pool.bets):
        at = (*place, "bets", number)
        if bet.by in names[:number]:
            yield Fault((*at, "by"), f"'{bet.by}' is written twice; keep one")
        if pool.kind == "parimutuel" and bet.on not in sides:
            is_said = f"side {one_of(bet.on, sides)}" if bet.on else f"write {' | '.join(sides)}"
            yield Fault((*at, "on"), is_said)
        if pool.kind == "scored":
            yield from _scored_pool_faults(bet, at, claim.id, forecasters)


def _scored_pool_faults(
    bet: PoolBet, place: Place, claim: str, forecasters: set[str]
) -> Iterator[Fault]:
    if bet.on is not None:
        message = "is only for parimutuel; a scored pool takes the forecast"
        yield Fault((*place, "on"), message)
    if bet.by not in forecasters:
        message = f"'{bet.by}' has no forecast on {claim}; add one to forecasts"
        yield Fault((*place, "by"), message)
