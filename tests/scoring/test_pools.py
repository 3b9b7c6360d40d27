from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpbench.scoring.pools import parimutuel, scored
from cpbench.scoring.rules.binary import brier

NAMES = st.sampled_from("abcdefgh")
STAKES = st.dictionaries(NAMES, st.integers(1, 10**6), min_size=1)
SIDES = st.fixed_dictionaries({name: st.sampled_from(["yes", "no"]) for name in "abcdefgh"})
SCORES = st.fixed_dictionaries({name: st.floats(0, 1) for name in "abcdefgh"})
OUTCOMES = st.sampled_from(
    [{}, {"yes": 1.0}, {"no": 1.0}, {"yes": 0.3, "no": 0.7}, {"yes": 1.0, "no": 0.0}]
)


def is_fair(stakes: dict[str, int], gains: dict[str, int]) -> bool:
    losses_fit = all(gains[party] >= -cents for party, cents in stakes.items())
    return gains.keys() == stakes.keys() and sum(gains.values()) == 0 and losses_fit


@given(STAKES, SIDES, OUTCOMES)
def test_a_parimutuel_pool_sums_to_zero_and_no_loss_exceeds_its_stake(
    stakes: dict[str, int], sides: dict[str, str], shares: dict[str, float]
):
    assert is_fair(stakes, parimutuel(stakes, sides, shares))


@given(STAKES, SIDES, OUTCOMES)
def test_relabelling_the_sides_of_a_pool_pays_everybody_the_same(
    stakes: dict[str, int], sides: dict[str, str], shares: dict[str, float]
):
    other = {"yes": "no", "no": "yes"}
    mirrored_sides = {party: other[side] for party, side in sides.items()}
    mirrored = {other[side]: share for side, share in shares.items()}
    expected = parimutuel(stakes, sides, shares)
    assert parimutuel(stakes, mirrored_sides, mirrored) == expected


@given(STAKES, SIDES)
def test_winners_win_and_losers_lose_all(stakes: dict[str, int], sides: dict[str, str]):
    found = parimutuel(stakes, sides, {"yes": 1.0})
    if {sides[party] for party in stakes} == {"yes", "no"}:
        assert all(found[party] >= 0 for party in stakes if sides[party] == "yes")
        losers = [party for party in stakes if sides[party] == "no"]
        assert all(found[party] == -stakes[party] for party in losers)
    else:
        assert found == dict.fromkeys(stakes, 0)


THREE = {"ann": 1000, "bob": 500, "cid": 600}
SIDED = {"ann": "yes", "bob": "yes", "cid": "no"}


@pytest.mark.parametrize(
    ("shares", "gains"),
    [
        ({"yes": 1.0}, {"ann": 400, "bob": 200, "cid": -600}),
        ({"no": 1.0}, {"ann": -1000, "bob": -500, "cid": 1500}),
        ({"yes": 0.5, "no": 0.5}, {"ann": -300, "bob": -150, "cid": 450}),
        ({"yes": 1.0, "no": 0.0}, {"ann": 400, "bob": 200, "cid": -600}),
        ({}, {"ann": 0, "bob": 0, "cid": 0}),
        ({"later": 1.0}, {"ann": 0, "bob": 0, "cid": 0}),
        ({"yes": 0.5, "later": 0.5}, {"ann": 0, "bob": 0, "cid": 0}),
    ],
)
def test_the_losers_stakes_go_to_the_winners_pro_rata(
    shares: dict[str, float], gains: dict[str, int]
):
    assert parimutuel(THREE, SIDED, shares) == gains


def test_a_pool_on_one_side_is_returned():
    alone = dict.fromkeys(THREE, "yes")
    nothing = dict.fromkeys(THREE, 0)
    for shares in ({"yes": 1.0}, {"no": 1.0}, {"yes": 0.4, "no": 0.6}):
        assert parimutuel(THREE, alone, shares) == nothing


def test_the_odd_cent_goes_by_name():
    stakes, sides = {"c": 1, "b": 1, "a": 1}, {"a": "yes", "b": "yes", "c": "no"}
    assert parimutuel(stakes, sides, {"yes": 1.0}) == {"a": 1, "b": 0, "c": -1}


@given(STAKES, SCORES)
def test_a_scored_pool_sums_to_zero_and_no_loss_exceeds_its_stake(
    stakes: dict[str, int], scores: dict[str, float]
):
    assert is_fair(stakes, scored(stakes, scores))


def test_a_scored_pool_pays_by_the_distance_from_the_mean_score():
    stakes, scores = {"ann": 1000, "bob": 3000}, {"ann": 0.91, "bob": 0.51}
    # The mean is 0.61.
    assert scored(stakes, scores) == {"ann": 300, "bob": -300}


@given(STAKES, st.floats(0, 1))
def test_equal_scores_move_nothing(stakes: dict[str, int], score: float):
    assert scored(stakes, dict.fromkeys(stakes, score)) == dict.fromkeys(stakes, 0)


def test_scores_that_differ_by_rounding_tie_and_the_odd_cent_goes_by_name():
    stakes = {"z": 1, "a": 1, "b": 1}
    for noise in (1e-16, -1e-16):
        found = scored(stakes, {"z": 0.2, "a": 0.5 + noise, "b": 0.5})
        assert found == scored(stakes, {"z": 0.2, "a": 0.5, "b": 0.5})


@given(st.integers(0, 20), st.integers(0, 20), st.integers(0, 20))
def test_in_a_scored_pool_the_belief_expects_the_most(belief: int, said: int, other: int):
    stakes = {"me": 10**6, "you": 2 * 10**6}

    def expected(mine: int) -> Fraction:
        gains = [
            scored(
                stakes,
                {
                    "me": 1 - brier(mine / 20, outcome=outcome),
                    "you": 1 - brier(other / 20, outcome=outcome),
                },
            )["me"]
            for outcome in (1, 0)
        ]
        return Fraction(belief * gains[0] + (20 - belief) * gains[1], 20)

    # A cent of slack: gains are whole cents.
    assert expected(belief) >= expected(said) - 1


@pytest.mark.parametrize(
    ("stakes", "shares", "message"),
    [
        ({}, {"yes": 1.0}, "no stakes"),
        ({"ann": 0}, {"yes": 1.0}, "puts up 0 cents"),
        ({"ann": 10, "eve": 10}, {"yes": 1.0}, "'eve' is in the pool without a side"),
        ({"ann": 10}, {"yes": 0.9}, "shares sum to 0.9"),
        ({"ann": 10}, {"yes": 1.5, "no": -0.5}, "share 1.5 does not lie"),
    ],
)
def test_what_is_no_parimutuel_pool_is_refused(
    stakes: dict[str, int], shares: dict[str, float], message: str
):
    with pytest.raises(ValueError, match=message):
        parimutuel(stakes, SIDED, shares)


@pytest.mark.parametrize(
    ("stakes", "scores", "message"),
    [
        ({}, {}, "no stakes"),
        ({"ann": -1}, {"ann": 0.5}, "puts up -1 cents"),
        ({"ann": 1}, {}, "'ann' is in the pool without a score"),
        ({"ann": 1}, {"ann": 1.5}, "score 1.5 does not lie"),
        ({"ann": 1}, {"ann": float("nan")}, "score nan does not lie"),
    ],
)
def test_what_is_no_scored_pool_is_refused(
    stakes: dict[str, int], scores: dict[str, float], message: str
):
    with pytest.raises(ValueError, match=message):
        scored(stakes, scores)
