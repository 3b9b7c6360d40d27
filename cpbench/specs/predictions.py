"""Predictions: claims the results can settle, who believes them how much, and what is staked."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from cpbench.digests import digest
from cpbench.specs.base import Count, Fraction, Identifier, Positive, Spec, Text
from cpbench.specs.reading import Place
from cpbench.specs.validating import one_of

ROUNDING = 1e-6
"""In cents: what binary fractions may be off."""

Exposure = Literal["nothing_run", "piloted", "seen_related", "seen"]


class PredictionAbout(Spec):
    """For people: in no digest."""

    title: Text
    """One line that says what is at stake."""
    notes: Text = ""
    """Anything a reader should know."""


class Resolution(Spec):
    """How evidence becomes yes or no; what can turn a verdict is written, never defaulted."""

    rule: Literal["decisive", "point"]
    """`decisive`: holds in a share ≥ level or ≤ 1 − level of draws; `point`: on the seed mean."""
    level: Annotated[float, Field(strict=True, gt=0.5, lt=1)] = 0.95
    """How sure `decisive` must be."""
    min_seeds: Count = 3
    """With fewer seeds the claim is annulled."""
    max_undefined: Fraction = 0.1
    """With a larger share of undefined draws the claim is ambiguous."""
    missing: Literal["wait", "annul"] = "wait"
    """When runs are missing: stay pending, or annul."""
    on_divergence: Literal["worst", "drop"]
    """A diverged run counts as 0 % accuracy, or its seed is left out of the arm."""


class Stake(Spec):
    """Two parties put up the same amount; who is right gets both."""

    yes: Identifier
    """Wins if the claim comes out yes."""
    no: Identifier
    """Wins if it comes out no."""
    odds: Literal["even"]
    """Both put up the same."""
    stake: Positive
    """What each puts up, in units of the currency, whole cents."""
    currency: Literal["USD"]
    """A label: nothing moves money."""

    @model_validator(mode="after")
    def _is_in_whole_cents(self) -> Self:
        if abs(self.stake * 100 - self.cents) > ROUNDING:
            raise ValueError(f"stake {self.stake} is not in whole cents; round it")
        return self

    @property
    def cents(self) -> int:
        """The stake in integer cents."""
        return round(self.stake * 100)


class BinaryClaim(Spec):
    """A statement that comes out yes or no."""

    id: Identifier
    """Names the claim within its file."""
    title: Text
    """One line for people."""
    type: Literal["binary"]
    claim: Annotated[str, Field(strict=True, min_length=1)]
    """The statement, in the claim language: `end(blur.b25) > end(blur.b50)`."""
    resolution: Resolution
    """How it is decided."""
    stakes: tuple[Stake, ...] = ()
    """Bets between two forecasters."""


Claim = Annotated[BinaryClaim, Field(discriminator="type")]


class ForecastSpec(Spec):
    """One person's probability that a claim comes out yes."""

    by: Identifier
    claim: Identifier
    """Id of a claim of this file."""
    p: Fraction
    """Probability of yes."""
    note: Text = ""
    """Why."""


class Prediction(Spec):
    """A prediction file; `cpbench predict` copies it into the ledger."""

    id: Identifier
    """The file's name without its ending."""
    about: PredictionAbout
    exposure: Exposure
    """What was known of the results when this was written."""
    exposure_note: Text = ""
    """Which results were seen."""
    claims: Annotated[tuple[Claim, ...], Field(min_length=1, max_length=100)]
    forecasts: Annotated[tuple[ForecastSpec, ...], Field(max_length=1000)] = ()

    @property
    def digest(self) -> str:
        """The SHA-256 of all but `about`: what makes an edit a new registration."""
        value: dict[str, Any] = self.json_value()
        value.pop("about")
        return digest(value)


class Fault(NamedTuple):
    """A contradiction between two parts of a prediction, and where to mend it."""

    place: Place
    message: str


def faults(prediction: Prediction) -> Iterator[Fault]:
    """Yield where a prediction contradicts itself."""
    ids = [claim.id for claim in prediction.claims]
    yield from _twice(ids, "claims", "id")
    for index, forecast in enumerate(prediction.forecasts):
        if forecast.claim not in ids:
            yield Fault(("forecasts", index, "claim"), f"claim {one_of(forecast.claim, ids)}")
    yield from _twice(
        [f"{each.by} on {each.claim}" for each in prediction.forecasts], "forecasts", "by"
    )
    yield from _stake_faults(prediction)


def _twice(words: list[str], *place: str) -> Iterator[Fault]:
    for index, word in enumerate(words):
        if word in words[:index]:
            yield Fault((place[0], index, *place[1:]), f"'{word}' is written twice; keep one")


def _stake_faults(prediction: Prediction) -> Iterator[Fault]:
    forecasters = {(each.by, each.claim) for each in prediction.forecasts}
    for index, claim in enumerate(prediction.claims):
        for number, stake in enumerate(claim.stakes):
            place = ("claims", index, "stakes", number)
            if stake.yes == stake.no:
                yield Fault((*place, "no"), f"'{stake.no}' bets against itself; name another party")
            for side, party in (("yes", stake.yes), ("no", stake.no)):
                if (party, claim.id) not in forecasters:
                    way_out = f"add {{by: {party}, claim: {claim.id}, p: …}} to forecasts"
                    yield Fault(
                        (*place, side),
                        f"'{party}' has a stake but no forecast on {claim.id}; {way_out}",
                    )
