"""Claims: a small language for statements that results can settle; reading evaluates nothing."""

from cpbench.claims.estimating import estimators_of, with_estimator
from cpbench.claims.explaining import explain, explain_quantity
from cpbench.claims.parsing import parse, parse_amount, parse_quantity
from cpbench.claims.places import ClaimError
from cpbench.claims.predictions import (
    Offer,
    load_prediction,
    offer_of,
    offers_of,
    unknown_series,
)
from cpbench.claims.statements import Statements, claim_hash, explain_claim, statements_of
from cpbench.claims.syntax import (
    Arithmetic,
    Call,
    Comparison,
    Event,
    Expression,
    Junction,
    Negation,
    Number,
    Side,
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
    "Side",
    "Statements",
    "calls",
    "claim_hash",
    "estimators_of",
    "explain",
    "explain_claim",
    "explain_quantity",
    "load_prediction",
    "offer_of",
    "offers_of",
    "parse",
    "parse_amount",
    "parse_quantity",
    "statements_of",
    "unknown_series",
    "with_estimator",
]
