"""Bets on a claim: who stands by them, and what moves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpbench.ledger import ToldStake
from cpbench.records.scores import Claim, Forecast, Outcome
from cpbench.scoring.betting import balances, bets, payments
from cpbench.specs.stakes import Pool, Stake

STAKE = Stake(yes="ann", no="bob", odds="3:1 against", stake=10.0, currency="USD")
SIDES = [{"by": "ann", "stake": 10.0, "on": "yes"}, {"by": "bob", "stake": 5.0, "on": "no"}]
PARIMUTUEL = Pool.model_validate({"kind": "parimutuel", "currency": "USD", "bets": SIDES})
SCORED = Pool.model_validate(
    {
        "kind": "scored",
        "currency": "EUR",
        "bets": [{"by": "ann", "stake": 10.0}, {"by": "bob", "stake": 10.0}],
    }
)


def told(stake: Stake | Pool, **fields: object) -> ToldStake:
    found = ToldStake(stake, 1, (), is_late=False, is_withdrawn=False, name="a" * 64)
    return found._replace(**fields)


def outcome(state: str, **fields: object) -> Outcome:
    return Outcome.model_validate({"state": state, "rule": "r", **fields})


def moved(stake: Stake | Pool, came: Outcome, *forecasts: Forecast) -> dict[str, int]:
    return {each.party: each.cents for each in payments([told(stake)], came, forecasts)}


@pytest.mark.parametrize(
    ("came", "ann"),
    [
        (outcome("yes"), 3000),
        (outcome("no"), -1000),
        (outcome("value", fraction=0.6), 1400),
        (outcome("value", fraction=0.25), 0),
        (outcome("ambiguous"), 0),
        (outcome("annulled"), 0),
    ],
)
def test_a_bet_pays_as_its_claim_came_out(came: Outcome, ann: int):
    assert moved(STAKE, came) == {"ann": ann, "bob": -ann}


def test_a_pending_claim_moves_nothing():
    for stake in (STAKE, PARIMUTUEL, SCORED):
        assert moved(stake, outcome("pending")) == {}


@pytest.mark.parametrize(
    "fields",
    [{"waiting_for": ("bob",)}, {"is_late": True}, {"is_withdrawn": True}],
)
def test_only_a_bet_that_is_made_moves_money(fields: dict[str, object]):
    assert payments([told(STAKE, **fields)], outcome("yes"), ()) == ()


def test_every_bet_is_listed_with_how_it_stands():
    found = bets(
        [
            told(STAKE),
            told(STAKE, waiting_for=("bob",)),
            told(STAKE, is_late=True),
            told(STAKE, is_withdrawn=True),
            told(PARIMUTUEL),
        ]
    )
    assert [each.status for each in found] == ["made", "offered", "late", "withdrawn", "made"]
    assert found[0].text == "ann 10.00 on yes, bob 30.00 on no, USD (3:1 against)"
    assert found[4].text == "parimutuel pool, USD: ann 10.00 on yes, bob 5.00 on no"
    assert found[1].waiting_for == ("bob",)


def test_a_parimutuel_pool_gives_the_losers_stakes_to_the_winners():
    assert moved(PARIMUTUEL, outcome("yes")) == {"ann": 500, "bob": -500}
    assert moved(PARIMUTUEL, outcome("ambiguous")) == {"ann": 0, "bob": 0}
    sides = [{"by": "ann", "stake": 10.0, "on": "later"}, {"by": "bob", "stake": 5.0, "on": "same"}]
    pool = PARIMUTUEL.model_validate({"kind": "parimutuel", "currency": "USD", "bets": sides})
    assert moved(pool, outcome("option", option="same")) == {"ann": -1000, "bob": 1000}


def said(by: str, loss: float | None, *, is_binary: bool = True) -> Forecast:
    scores = {} if loss is None else {"brier" if is_binary else "brier_sum": loss}
    return Forecast(by=by, loss=loss, brier=loss if is_binary else None, scores=scores)


def test_a_scored_pool_pays_by_score_and_returns_stakes_where_one_has_none():
    found = moved(SCORED, outcome("yes"), said("ann", 0.04), said("bob", 0.64))
    assert found == {"ann": 300, "bob": -300}
    assert moved(SCORED, outcome("yes"), said("ann", 0.04), said("bob", None)) == {
        "ann": 0,
        "bob": 0,
    }
    sums = (said("ann", 0.08, is_binary=False), said("bob", 1.28, is_binary=False))
    assert moved(SCORED, outcome("option", option="x"), *sums) == found


def test_a_theory_that_has_a_partys_name_does_not_play_for_it():
    machine = said("ann", 1.0).model_copy(update={"theory": "early"})
    found = moved(SCORED, outcome("yes"), said("ann", 0.04), said("bob", 0.64), machine)
    assert found == {"ann": 300, "bob": -300}


@given(fraction=st.floats(0, 1), cents=st.integers(1, 10**6), price=st.sampled_from([1, 2, 3, 7]))
def test_a_bet_always_sums_to_zero(fraction: float, cents: int, price: int):
    stake = Stake(yes="ann", no="bob", odds=f"{price}:1 against", stake=cents / 100, currency="USD")
    found = moved(stake, outcome("value", fraction=fraction))
    assert sum(found.values()) == 0


def claim(state: str, stake: Stake | Pool, **fields: object) -> Claim:
    came = outcome(state)
    return Claim(
        prediction="p", id=state, title="C", text="end(p) > 0", explanation="", protocols=("p",),
        registered_seq=1, registered_at="", exposure="nothing_run", outcome=came, quantities=(),
        forecasts=(), bets=bets([told(stake, **fields)]),
        payments=payments([told(stake, **fields)], came, ()),
    )  # fmt: skip


def test_balances_sum_to_zero_by_currency_and_count_what_is_open():
    claims = [
        claim("yes", STAKE),
        claim("no", STAKE),
        claim("pending", STAKE),
        claim("annulled", STAKE, waiting_for=("bob",)),
        claim("pending", SCORED),
    ]
    found = {(each.party, each.currency): each for each in balances(claims)}
    assert [found[name, "USD"].cents for name in ("ann", "bob")] == [2000, -2000]
    assert (found["ann", "USD"].num_settled, found["ann", "USD"].num_open) == (2, 2)
    assert (found["ann", "EUR"].cents, found["ann", "EUR"].num_open) == (0, 1)
