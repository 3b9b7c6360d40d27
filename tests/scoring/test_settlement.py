import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpbench.records.scores import OutcomeState
from cpbench.scoring.settlement import Leg, gains, settle
from cpbench.specs.odds import parse_odds
from cpbench.specs.stakes import Stake

STATES: list[OutcomeState] = ["yes", "no", "value", "ambiguous", "annulled", "pending"]
SHARES = st.none() | st.floats(0, 1)
LEGS = st.builds(Leg, st.just("ann"), st.just("bob"), st.integers(1, 10**8), st.integers(1, 10**8))


def stake(dollars: float = 10.0, odds: str = "even") -> Stake:
    return Stake(yes="ann", no="bob", odds=odds, stake=dollars, currency="USD")


@pytest.mark.parametrize(
    ("state", "fraction", "paid"),
    [
        ("yes", None, [1000, -1000]),
        ("no", None, [-1000, 1000]),
        ("ambiguous", None, [0, 0]),
        ("annulled", None, [0, 0]),
        ("value", 0.6, [200, -200]),
        ("pending", None, []),
    ],
)
def test_even_odds_settle_by_the_reference_values(
    state: OutcomeState, fraction: float | None, paid: list[int]
):
    assert [payment.cents for payment in settle(stake(), state, fraction)] == paid


@pytest.mark.parametrize(
    ("state", "fraction", "paid"),
    [
        ("yes", None, [3000, -3000]),
        ("no", None, [-1000, 1000]),
        ("value", 0.6, [1400, -1400]),
        ("value", 0.25, [0, 0]),
    ],
)
def test_three_to_one_against_settles_by_the_reference_values(
    state: OutcomeState, fraction: float | None, paid: list[int]
):
    payments = settle(stake(odds="3:1 against"), state, fraction)
    assert [payment.cents for payment in payments] == paid
    assert [payment.party for payment in payments] == ["ann", "bob"]
    assert {payment.currency for payment in payments} == {"USD"}


def test_a_fraction_of_another_state_moves_nothing_else():
    assert settle(stake(), "yes", 0.6) == settle(stake(), "yes")
    assert settle(stake(), "annulled", 0.6) == settle(stake(), "annulled")


@pytest.mark.parametrize("state", ["value", "option"])
def test_a_state_that_says_neither_yes_nor_no_nor_how_much_settles_nothing(state: OutcomeState):
    with pytest.raises(ValueError, match=f"cannot be settled by '{state}'"):
        settle(stake(), state)


@given(st.integers(1, 10**8), st.sampled_from(STATES), st.floats(0, 1))
def test_every_settlement_sums_to_zero(cents: int, state: OutcomeState, fraction: float):
    assert sum(payment.cents for payment in settle(stake(cents / 100), state, fraction)) == 0


@given(LEGS, SHARES)
def test_nobody_loses_more_than_the_stake(leg: Leg, share: float | None):
    (_, yes), (_, no) = gains(leg, share)
    assert yes + no == 0
    assert yes >= -leg.yes_cents
    assert no >= -leg.no_cents


@given(LEGS, st.none() | st.integers(0, 1000).map(lambda part: part / 1000))
def test_relabelling_yes_and_no_pays_everybody_the_same(leg: Leg, share: float | None):
    other = Leg(leg.no, leg.yes, leg.no_cents, leg.yes_cents)
    # Rounded as it is written: 1 - 0.9 is not 0.1.
    mirrored = None if share is None else round(1 - share, 3)
    assert dict(gains(leg, share)) == dict(gains(other, mirrored))


@given(st.integers(1, 99))
def test_a_claim_that_comes_out_at_its_price_moves_nothing(percent: int):
    odds = f"p {percent / 100}"
    cents = 100 * parse_odds(odds).numerator
    payments = settle(stake(cents / 100, odds), "value", percent / 100)
    assert [payment.cents for payment in payments] == [0, 0]


@pytest.mark.parametrize(("yes", "no", "winner"), [("ann", "bob", "ann"), ("cid", "bob", "bob")])
def test_half_a_cent_goes_by_name(yes: str, no: str, winner: str):
    assert dict(gains(Leg(yes, no, 1, 2), 0.5))[winner] == {yes: 1, no: 0}[winner]


@pytest.mark.parametrize(
    ("leg", "share", "message"),
    [
        (Leg("ann", "bob", 1, 1), 1.5, "share 1.5 does not lie"),
        (Leg("ann", "bob", 1, 1), float("nan"), "share nan does not lie"),
        (Leg("ann", "ann", 1, 1), 1.0, "bets against itself"),
    ],
)
def test_what_is_no_bet_is_refused(leg: Leg, share: float, message: str):
    with pytest.raises(ValueError, match=message):
        gains(leg, share)
