"""Claims: a small language for statements that results can settle; reading evaluates nothing."""

from cpbench.claims.explaining import explain
from cpbench.claims.parsing import ClaimError, parse
from cpbench.claims.predictions import (
    Offer,
    claim_hash,
    load_prediction,
    offer_of,
    offers_of,
    protocols_of,
    unknown_series,
)
from cpbench.claims.syntax import (
    Arithmetic,
    Call,
    Comparison,
    Event,
    Expression,
    Junction,
    Negation,
    Number,
    calls,
)

__all__ = [
    "Arithmetic",
    "Call",
    "ClaimError",
    "Comparison",
    "Event",
    "Expression",
    "Junction",
    "Negation",
    "Number",
    "Offer",
    "calls",
    "claim_hash",
    "explain",
    "load_prediction",
    "offer_of",
    "offers_of",
    "parse",
    "protocols_of",
    "unknown_series",
]
