from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpbench.specs.odds import FairBet, fair_price, notations_of, parse_odds, stakes_of

PRICES = st.integers(2, 1000).flatmap(
    lambda whole: st.integers(1, whole - 1).map(lambda part: Fraction(part, whole))
)
NAMES = ("p", "against", "on", "decimal", "american")

REFERENCE = [
    ("1/2", ("p 0.5", "1:1 against", "1:1 on", "decimal 2", "american +100")),
    ("1/4", ("p 0.25", "3:1 against", "1:3 on", "decimal 4", "american +300")),
    ("3/4", ("p 0.75", "1:3 against", "3:1 on", "≈ decimal 1.3333", "american -300")),
    ("1/5", ("p 0.2", "4:1 against", "1:4 on", "decimal 5", "american +400")),
    (
        "1/8000",
        ("p 0.000125", "7999:1 against", "1:7999 on", "decimal 8000", "american +799900"),
    ),
    ("1/3", ("≈ p 0.3333", "2:1 against", "1:2 on", "decimal 3", "american +200")),
    ("13/20", ("p 0.65", "7:13 against", "13:7 on", "≈ decimal 1.5385", "≈ american -185.7143")),
]


@pytest.mark.parametrize(("price", "written"), REFERENCE)
def test_a_price_is_written_in_five_notations(price: str, written: tuple[str, ...]):
    assert notations_of(Fraction(price)) == dict(zip(NAMES, written, strict=True))


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("even", "1/2"),
        ("p 0.25", "1/4"),
        ("3:1 against", "1/4"),
        ("3:1 on", "3/4"),
        ("1:3 on", "1/4"),
        ("7.5:2.5 against", "1/4"),
        ("decimal 4.0", "1/4"),
        ("decimal 1.3333", "10000/13333"),
        ("american +300", "1/4"),
        ("american -300", "3/4"),
        ("american +100", "1/2"),
        ("american -100", "1/2"),
    ],
)
def test_odds_are_read_as_an_exact_price(text: str, price: str):
    assert parse_odds(text) == Fraction(price)


@given(PRICES)
def test_every_notation_without_a_sign_of_rounding_reads_as_the_price_again(price: Fraction):
    written = notations_of(price)
    exact = [text for text in written.values() if not text.startswith("≈")]
    assert {written["against"], written["on"]} <= set(exact)
    assert {parse_odds(text) for text in exact} == {price}


@given(PRICES)
def test_a_rounded_notation_is_refused(price: Fraction):
    for text in notations_of(price).values():
        if text.startswith("≈"):
            with pytest.raises(ValueError, match="not understood"):
                parse_odds(text)


@given(PRICES)
def test_odds_against_yes_are_odds_on_no(price: Fraction):
    against, on = notations_of(price)["against"], notations_of(1 - price)["on"]
    assert against.removesuffix(" against") == on.removesuffix(" on")


@pytest.mark.parametrize(
    ("text", "way_out"),
    [
        ("", "write one of: even"),
        ("evens", "write one of: even"),
        ("3/1", "write one of: even"),
        ("p .25", "write one of: even"),
        ("p 1e-3", "write one of: even"),
        ("p 0.25 ", "write one of: even"),
        ("p \u0660.\u0665", "write one of: even"),
        ("p 0." + "1" * 10_000, "write one of: even"),
        ("american 300", "write one of: even"),
        ("3:1", "write '3:1 against' or '3:1 on'"),
        ("p 0", "between 0 and 1"),
        ("p 1", "between 0 and 1"),
        ("p 25", "between 0 and 1"),
        ("0:1 against", "both must be positive"),
        ("1:0.0 on", "both must be positive"),
        ("decimal 1", "greater than 1"),
        ("decimal 0.5", "greater than 1"),
        ("american +99", "[+]100 or more"),
        ("american -0", "[+]100 or more"),
    ],
)
def test_what_is_not_odds_is_refused_in_one_short_line_with_a_way_out(text: str, way_out: str):
    with pytest.raises(ValueError, match=way_out) as caught:
        parse_odds(text)
    assert len(str(caught.value)) < 200
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("price", ["0", "1", "-1/2", "3/2"])
def test_what_is_no_price_is_not_written(price: str):
    with pytest.raises(ValueError, match="between 0 and 1"):
        notations_of(Fraction(price))


@pytest.mark.parametrize(
    ("odds", "stake", "stakes"),
    [
        ("even", 1000, (1000, 1000)),
        ("3:1 against", 1000, (1000, 3000)),
        ("p 0.25", 1000, (1000, 3000)),
        ("3:1 on", 999, (999, 333)),
        ("american -300", 3, (3, 1)),
        ("p 0.65", 1300, (1300, 700)),
    ],
)
def test_the_backer_puts_up_the_stake_and_the_layer_what_the_price_asks(
    odds: str, stake: int, stakes: tuple[int, int]
):
    assert stakes_of(odds, stake) == stakes


@given(PRICES, st.integers(1, 10**6))
def test_the_share_of_the_backer_in_the_pot_is_the_price(price: Fraction, stake: int):
    odds = notations_of(price)["against"]
    yes, no = stakes_of(odds, stake * price.numerator)
    assert Fraction(yes, yes + no) == price


@pytest.mark.parametrize(
    ("odds", "stake", "way_out"),
    [
        ("3:1 on", 1000, "make the stake 9.99 or 10.02$"),
        ("3:1 on", 1, "make the stake 0.03$"),
        ("decimal 1.3333", 1000, "make the stake 100.00$"),
        ("even", 0, "at least one cent"),
        ("even", -5, "at least one cent"),
        ("3:1", 1000, "write '3:1 against'"),
    ],
)
def test_stakes_that_are_no_whole_cents_are_refused(odds: str, stake: int, way_out: str):
    with pytest.raises(ValueError, match=way_out):
        stakes_of(odds, stake)


def test_the_price_between_eight_tenths_and_a_half_is_65_and_each_expects_three_dollars():
    expected = FairBet(Fraction(13, 20), True, 1300, 700, Fraction(300), Fraction(300))  # noqa: FBT003
    assert fair_price(0.8, 0.5, 2000) == expected
    assert fair_price(0.5, 0.8, 2000) == expected._replace(is_first_on_yes=False)


@given(st.integers(0, 100), st.integers(0, 100), st.integers(200, 10**6))
def test_both_sides_expect_to_gain_half_the_distance_of_their_beliefs(
    first: int, second: int, pot: int
):
    if first == second:
        return
    bet = fair_price(first / 100, second / 100, pot)
    half = Fraction(abs(first - second) * pot, 200)
    assert bet.yes_cents + bet.no_cents == pot
    assert bet.price == Fraction(bet.yes_cents, pot)
    assert bet.yes_expects + bet.no_expects == 2 * half
    assert abs(bet.yes_expects - half) <= Fraction(1, 2)
    assert min(bet.yes_expects, bet.no_expects) > 0


@pytest.mark.parametrize(
    ("first", "second", "pot", "way_out"),
    [
        (0.5, 0.5, 2000, "nothing to bet on"),
        (0.5, 0.51, 1, "make it larger"),
        (0.2, 0.1, 0, "make it larger"),
        (0.2, 0.1, -100, "make it larger"),
        (1.2, 0.5, 100, r"lies in \[0, 1\]"),
        (0.5, float("nan"), 100, r"lies in \[0, 1\]"),
    ],
)
def test_what_is_no_fair_bet_is_refused(first: float, second: float, pot: int, way_out: str):
    with pytest.raises(ValueError, match=way_out):
        fair_price(first, second, pot)
