"""The ledger: an append-only chain of what was said before the results, and what it amounts to."""

from cpbench.ledger.bets import bet_name, is_by_score, made_of, parties_of
from cpbench.ledger.chain import TornError, append, head, read_ledger, repair
from cpbench.ledger.entries import (
    AcceptPayload,
    DisputePayload,
    Entry,
    ForecastPayload,
    GitState,
    KnownResult,
    OfferPayload,
    Payload,
    PredictionEntry,
    PredictionPayload,
    ResolvePayload,
    RevealPayload,
    SealedPayload,
    TheoryFacts,
    WithdrawPayload,
)
from cpbench.ledger.history import claims_of
from cpbench.ledger.registration import (
    Circumstances,
    has_results,
    known_results,
    latest,
    observe,
    payload_of,
    registered,
)
from cpbench.ledger.sealing import commitment_of
from cpbench.ledger.seeding import derived_seeds, write_derived_seeds
from cpbench.ledger.soundness import unsound
from cpbench.ledger.told import ToldClaim, ToldForecast, ToldStake

__all__ = [
    "AcceptPayload",
    "Circumstances",
    "DisputePayload",
    "Entry",
    "ForecastPayload",
    "GitState",
    "KnownResult",
    "OfferPayload",
    "Payload",
    "PredictionEntry",
    "PredictionPayload",
    "ResolvePayload",
    "RevealPayload",
    "SealedPayload",
    "TheoryFacts",
    "ToldClaim",
    "ToldForecast",
    "ToldStake",
    "TornError",
    "WithdrawPayload",
    "append",
    "bet_name",
    "claims_of",
    "commitment_of",
    "derived_seeds",
    "has_results",
    "head",
    "is_by_score",
    "known_results",
    "latest",
    "made_of",
    "observe",
    "parties_of",
    "payload_of",
    "read_ledger",
    "registered",
    "repair",
    "unsound",
    "write_derived_seeds",
]
