"""Lines that are well chained and say what no command would enter."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from registers import NOW, STAKE, Register, chain, claim, number

from cpbench.errors import SpecError
from cpbench.ledger import OfferPayload, PredictionPayload, claims_of, unsound
from cpbench.specs.stakes import Stake

Change = Callable[[dict[str, Any]], object]
POOL = {"kind": "scored", "currency": "USD", "bets": [{"by": by, "stake": 1} for by in ("a", "b")]}


def claims(payload: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = payload["prediction"]["claims"]
    return found


CHANGES: dict[str, tuple[Change, str]] = {
    "no digest of a protocol": (
        lambda payload: payload.update(protocols={}),
        "names blur, whose digest is not registered",
    ),
    "a path": (
        lambda payload: payload["protocols"].update({"../../x": "0" * 64}),
        "'../../x' is no protocol",
    ),
    "no claim": (lambda payload: claims(payload)[0].update(claim="__import__"), "later: "),
    "no margin": (
        lambda payload: claims(payload)[0]["resolution"].update(margin="x y"),
        "resolution.margin",
    ),
    "a bet against oneself": (
        lambda payload: claims(payload)[0].update(stakes=[{**STAKE, "no": "ann", "stake": 1.0}]),
        "bets against itself",
    ),
    "a claim twice": (
        lambda payload: claims(payload).append(claims(payload)[0]), "is written twice",
    ),
    "a pool on a number": (
        lambda payload: claims(payload).append({**number(), "id": "n", "pool": POOL}), "a number"
    ),
}  # fmt: skip


def changed(register: Register, change: Change) -> PredictionPayload:
    """Return a registration with something in it that no file may say."""
    register.register(claim())
    value = register.entries()[0].payload.json_value()
    change(value)
    payload = PredictionPayload.model_validate_json(json.dumps(value))
    return payload.model_copy(update={"prediction_digest": payload.prediction.digest})


@pytest.mark.parametrize("name", CHANGES)
def test_an_entry_of_which_nothing_can_be_made_is_left_out(register: Register, name: str):
    change, words = CHANGES[name]
    payload = changed(register, change)
    chain(register.project, payload)
    assert len(register.entries()) == 2
    assert words in unsound(payload)
    assert [told.title_entry.seq for told in claims_of(register.entries())] == [1]


@pytest.mark.parametrize("name", CHANGES)
def test_it_is_not_appended_either(register: Register, name: str):
    payload = changed(register, CHANGES[name][0])
    with pytest.raises(SpecError, match="nothing can be made of this entry"):
        register.add(payload, NOW)


def test_a_digest_that_is_not_the_predictions_is_found(register: Register):
    payload = changed(register, lambda value: value)
    assert unsound(payload) == ""
    assert "digest" in unsound(payload.model_copy(update={"prediction_digest": "0" * 64}))


def test_nobody_offers_a_bet_to_himself(register: Register):
    register.register(claim())
    stake = Stake.model_validate({**STAKE, "no": "ann"})
    offer = OfferPayload(**register.about(), by="ann", stake=stake)
    assert unsound(offer) == "ann bets against itself"
    with pytest.raises(SpecError):
        register.add(offer)
