"""Money: exact, zero-sum, and told in words where nothing moves."""

import judged
from hypothesis import given
from hypothesis import strategies as st

from cpbench.records.standings import Balance
from cpbench.report.settlement import money_text, settlement, transfers, who_pays_whom, zero_sum


def balance(party: str, cents: int, currency: str = "USD") -> Balance:
    return Balance(party=party, currency=currency, cents=cents, num_settled=1, num_open=0)


@given(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=12))
def test_transfers_leave_everybody_even(cents: list[int]):
    owed = {str(place): each for place, each in enumerate([*cents, -sum(cents)])}
    paid = transfers([balance(party, each) for party, each in owed.items()])
    for one in paid:
        assert one.cents > 0
        owed[one.payer] += one.cents
        owed[one.payee] -= one.cents
    assert not any(owed.values())
    assert len(paid) < len(owed)


def test_currencies_are_never_mixed():
    text = who_pays_whom(judged.BALANCES)
    assert text.splitlines()[2:5] == [
        "- a pays b 3.00 EUR",
        "- b pays a 7.00 USD",
        "- c pays a 3.00 USD",
    ]


def test_nothing_owed_is_said():
    assert who_pays_whom([balance("a", 0)]) == "So far nobody owes anybody anything."


def test_the_sum_is_stated_and_a_broken_one_is_not_hidden():
    assert zero_sum(judged.BALANCES).startswith("Sum of EUR, USD: 0.00")
    assert "sum to 0.01 USD and not to zero" in zero_sum([balance("a", 1)])


def test_each_party_and_currency_has_a_row_and_each_bet_its_status():
    text = settlement(judged.all_claims(), judged.BALANCES)
    assert "| a | USD | +10.00 | 2 | 1 |" in text
    assert "| b | USD | −7.00 | 1 | 0 |" in text
    assert "| `all_types` / `its_share` | kave 5 | offered, moves nothing until x accept |" in text
    assert settlement((), ()) == ""


def test_a_row_tells_what_moved_and_what_waits():
    assert money_text(judged.share()).split("<br>") == [
        "garrett pays kave 2.40 USD",
        "bet offered, moves nothing until x accept",
        "bet late: made when results existed, moves nothing",
        "bet withdrawn, moves nothing",
    ]


def test_a_bet_on_an_open_claim_is_open():
    made = judged.share().bets[:1]
    assert money_text(judged.share(payments=(), bets=made)) == "1 bet, open"
    assert money_text(judged.share(payments=(), bets=())) == "–"


def test_an_offer_that_names_nobody_waits_for_all():
    bet = judged.share().bets[1].model_copy(update={"waiting_for": ()})
    text = money_text(judged.share(payments=(), bets=(bet,)))
    assert text == "bet offered, moves nothing until all parties accept"
