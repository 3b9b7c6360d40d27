"""Soundness: whether a line that is in the chain says something that can be read.

The chain shows that nobody changed a line; it does not show that cpbench wrote it. A line that says
what no command would enter is left out of every reckoning, and `cpbench verify` names it.
"""

import re
from collections.abc import Iterator

from cpbench.claims.checking import setting_faults, statements_in
from cpbench.claims.places import ClaimError
from cpbench.claims.statements import statements_of
from cpbench.ledger.entries import Entry, OfferPayload, Payload, PredictionPayload
from cpbench.specs.claims import Claim
from cpbench.specs.predictions import faults
from cpbench.specs.reading import dotted

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


def unsound(payload: Payload) -> str:
    """Return why nothing can be made of a payload, or nothing."""
    return next(_problems(payload), "")


def is_sound(entry: Entry) -> bool:
    """Return whether an entry says something that can be read."""
    return not unsound(entry.payload)


def _problems(payload: Payload) -> Iterator[str]:
    if isinstance(payload, OfferPayload):
        if payload.stake.yes == payload.stake.no:
            yield f"{payload.stake.yes} bets against itself"
    elif isinstance(payload, PredictionPayload):
        yield from _registration_problems(payload)


def _registration_problems(payload: PredictionPayload) -> Iterator[str]:
    prediction = payload.prediction
    if prediction.digest != payload.prediction_digest:
        yield "its prediction does not have the digest it states"
    for name in payload.protocols:
        if not _NAME.fullmatch(name):
            yield f"{name!r} is no protocol"
    yield from (f"{dotted(fault.place)}: {fault.message}" for fault in faults(prediction))
    for claim in prediction.claims:
        yield from (f"{claim.id}: {problem}" for problem in _claim_problems(claim, payload))


def _claim_problems(claim: Claim, payload: PredictionPayload) -> Iterator[str]:
    try:
        for _, statement in statements_in(claim):
            statement()
    except ClaimError as error:
        yield str(error)
    else:
        for name in statements_of(claim).protocols:
            if name not in payload.protocols:
                yield f"names {name}, whose digest is not registered"
        yield from (f"{dotted(fault.place)}: {fault.message}" for fault in setting_faults(claim))
