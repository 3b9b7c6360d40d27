from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpbench.scoring.apportioning import apportion

WEIGHTS = st.dictionaries(
    st.sampled_from("abcdefgh"), st.fractions(0, 100, max_denominator=97), min_size=1
).filter(lambda weights: sum(weights.values()) > 0)


@given(st.integers(0, 10**9), WEIGHTS)
def test_every_cent_is_given_once_and_nobody_is_a_cent_off(
    cents: int, weights: dict[str, Fraction]
):
    shares = apportion(cents, weights)
    total = sum(weights.values())
    assert sum(shares.values()) == cents
    assert list(shares) == list(weights)
    assert all(abs(shares[name] - cents * weight / total) < 1 for name, weight in weights.items())
    assert all(shares[name] == 0 for name, weight in weights.items() if weight == 0)


@given(st.integers(0, 10**6), WEIGHTS)
def test_the_order_of_the_parties_does_not_matter(cents: int, weights: dict[str, Fraction]):
    assert apportion(cents, weights) == apportion(cents, dict(reversed(weights.items())))


def test_cents_that_are_left_go_to_the_largest_remainders():
    weights = {"a": Fraction(10), "b": Fraction(17), "c": Fraction(73)}
    assert apportion(5, weights) == {"a": 0, "b": 1, "c": 4}


def test_equal_remainders_go_by_name():
    assert apportion(2, dict.fromkeys("cab", Fraction(1))) == {"c": 0, "a": 1, "b": 1}


@pytest.mark.parametrize(
    ("cents", "weights"),
    [(-1, {"a": 1}), (1, {"a": 0}), (1, {}), (1, {"a": 2, "b": -1}), (1, {"a": -1})],
)
def test_what_cannot_be_divided_is_refused(cents: int, weights: dict[str, int]):
    with pytest.raises(ValueError, match="not negative"):
        apportion(cents, {name: Fraction(weight) for name, weight in weights.items()})
