"""Stakes: money as a label. cpbench computes who owes whom, and moves none."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from cpbench.digests import digest
from cpbench.specs.base import Identifier, Spec
from cpbench.specs.odds import stakes_of

ROUNDING = 1e-6
"""In cents: what binary fractions may be off."""

LARGEST = 1e9
Money = Annotated[float, Field(strict=True, gt=0, le=LARGEST)]

Currency = Annotated[str, Field(strict=True, pattern=r"^[A-Z]{3}$")]
"""A label, as USD: amounts of two currencies are never added."""


class Stake(Spec):
    """A bet between two parties: who is right gets both amounts."""

    yes: Identifier
    """Wins if the claim comes out yes."""
    no: Identifier
    """Wins if it comes out no."""
    odds: Annotated[str, Field(strict=True, max_length=40)]
    """Of yes: `even`, `p 0.25`, `3:1 against`, `1:3 on`, `decimal 4.0` or `american +300`."""
    stake: Money
    """What the yes party puts up, in whole cents; what the no party does follows from the odds."""
    currency: Currency
    """A label: nothing moves money."""

    @model_validator(mode="after")
    def _is_in_whole_cents(self) -> Self:
        _ = self.amounts
        return self

    @property
    def amounts(self) -> tuple[int, int]:
        """What the yes party and the no party put up, in integer cents."""
        return stakes_of(self.odds, cents_of(self.stake))

    def named(self, claim_hash: str) -> str:
        """Return what names this bet on this very claim in the ledger."""
        return digest({"claim": claim_hash, "stake": self.json_value()})


class PoolBet(Spec):
    """What one party puts into a pool."""

    by: Identifier
    stake: Money
    """In whole cents."""
    on: Identifier | None = None
    """Parimutuel: `yes`, `no`, or an option; a scored pool takes the party's forecast."""

    @model_validator(mode="after")
    def _is_in_whole_cents(self) -> Self:
        _ = self.cents
        return self

    @property
    def cents(self) -> int:
        """The stake in integer cents."""
        return cents_of(self.stake)


class Pool(Spec):
    """Any number of parties: the losers' stakes go to the winners, or all are paid by score."""

    kind: Literal["parimutuel", "scored"]
    """`parimutuel`: pro rata to those who were right; `scored`: by 1 − Brier against the others."""
    currency: Currency
    bets: Annotated[tuple[PoolBet, ...], Field(min_length=2, max_length=100)]


def cents_of(amount: float) -> int:
    """Return an amount in integer cents.

    Raises:
        ValueError: It is not positive, too large, or not in whole cents.
    """
    if not 0 < amount <= LARGEST:
        raise ValueError(f"stake {amount:g} is not between 0 and {LARGEST:,.0f}")
    cents = round(amount * 100)
    if abs(amount * 100 - cents) > ROUNDING:
        raise ValueError(f"stake {amount:g} is not in whole cents; round it")
    return cents
