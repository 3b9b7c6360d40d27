from hypothesis import given
from hypothesis import strategies as st

from cpbench.specs.predictions import Prediction, Stake

PREDICTION = {
    "id": "bet",
    "about": {"title": "A bet"},
    "exposure": "piloted",
    "claims": (
        {
            "id": "later",
            "title": "Later",
            "type": "binary",
            "claim": "end(p) > 0",
            "resolution": {"rule": "point", "on_divergence": "worst"},
        },
    ),
}


def test_what_is_for_people_is_in_no_digest():
    other = PREDICTION | {"about": {"title": "Another title", "notes": "and notes"}}
    assert Prediction.model_validate(PREDICTION).digest == Prediction.model_validate(other).digest


def test_what_is_claimed_is_in_the_digest():
    other = PREDICTION | {"exposure": "seen"}
    assert Prediction.model_validate(PREDICTION).digest != Prediction.model_validate(other).digest


@given(st.integers(min_value=1, max_value=10**9))
def test_a_stake_in_whole_cents_is_those_cents(cents: int):
    stake = Stake(yes="ann", no="bob", odds="even", stake=cents / 100, currency="USD")
    assert stake.cents == cents
