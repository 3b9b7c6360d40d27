"""`cpbench odds`, and the fair bet it suggests."""

import json

import pytest
from typer.testing import CliRunner

from cpbench.cli import app
from cpbench.errors import UsageError


def said(*words: str) -> str:
    done = CliRunner().invoke(app, ["odds", *words], catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def test_the_fair_bet_splits_the_pot_midway_and_both_expect_the_same():
    told = json.loads(said("ann=0.8", "bob=0.5", "--pot", "20", "--json"))
    assert told["price of yes"] == "p 0.65"
    assert told["on yes"] == "ann puts up 13.00, expects +3.00"
    assert told["on no"] == "bob puts up 7.00, expects +3.00"
    assert "odds: '7:13 against'" in told["in a spec"]


def test_who_believes_less_bets_on_no_whatever_the_order():
    assert "on no         bob" in said("bob=0.5", "ann=0.8", "--pot", "20")


def test_a_price_is_told_in_five_notations():
    told = json.loads(said("3:1", "against", "--json"))
    assert told == {
        "p": "p 0.25",
        "against": "3:1 against",
        "on": "1:3 on",
        "decimal": "decimal 4",
        "american": "american +300",
    }


@pytest.mark.parametrize(
    ("words", "way_out"),
    [
        (["ann=0.8", "--pot", "20"], "two beliefs and a pot"),
        (["ann=0.8", "bob=0.5"], "two beliefs and a pot"),
        (["ann=high", "bob=0.5", "--pot", "20"], "NAME=PROBABILITY"),
        (["ann=0.5", "bob=0.5", "--pot", "20"], "nothing to bet on"),
        (["ann=1.5", "bob=0.5", "--pot", "20"], "[0, 1]"),
        (["ann=0.8", "bob=0.5", "--pot", "20.001"], "whole cents"),
        (["four to one"], "write one of"),
    ],
)
def test_wrong_words_are_refused_with_a_way_out(words: list[str], way_out: str):
    with pytest.raises(UsageError) as caught:
        CliRunner().invoke(app, ["odds", *words], catch_exceptions=False)
    assert way_out in str(caught.value)
