import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpbench.records.scores import OutcomeState
from cpbench.scoring.settlement import settle
from cpbench.specs.predictions import Stake

STATES: list[OutcomeState] = ["yes", "no", "ambiguous", "annulled", "pending"]


def stake(dollars: float = 10.0) -> Stake:
    return Stake(yes="ann", no="bob", odds="even", stake=dollars, currency="USD")


@pytest.mark.parametrize(
    ("state", "paid"),
    [
        ("yes", [1000, -1000]),
        ("no", [-1000, 1000]),
        ("ambiguous", [0, 0]),
        ("annulled", [0, 0]),
        ("pending", []),
    ],
)
def test_the_loser_pays_the_winner_and_nobody_pays_for_an_undecided_claim(
    state: OutcomeState, paid: list[int]
):
    assert [payment.cents for payment in settle(stake(), state)] == paid


@given(st.integers(1, 10**8), st.sampled_from(STATES))
def test_every_settlement_sums_to_zero(cents: int, state: OutcomeState):
    assert sum(payment.cents for payment in settle(stake(cents / 100), state)) == 0
