"""Seals: a forecast that is fixed now and read later."""

from cpbench.digests import digest
from cpbench.ledger.entries import RevealPayload, SealedEntry
from cpbench.specs.forecasts import ForecastSpec


def commitment_of(salt: str, forecast: ForecastSpec) -> str:
    """Return what fixes a forecast and does not tell it: a hash over it and a secret.

    Args:
        salt: 64 random hexadecimal digits, kept secret: without them the few plausible
            probabilities could be tried out.
        forecast: What is said.
    """
    return digest({"salt": salt, "forecast": forecast.json_value()})


def opens(reveal: RevealPayload, sealed: SealedEntry) -> bool:
    """Return whether a reveal says what was sealed: same party, same claim, same forecast."""
    said, under = reveal.forecast, sealed.payload
    return (
        reveal.sealed == sealed.hash
        and commitment_of(reveal.salt, said) == under.commitment
        and (said.by, said.claim) == (under.by, under.claim)
        and reveal.claim_hash == under.claim_hash
    )
