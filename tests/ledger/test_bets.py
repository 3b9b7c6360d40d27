"""When a bet is made, and what undoes it."""

from typing import Any

import pytest
from registers import POOL, STAKE, Register, claim, number, said

from cpbench.ledger import AcceptPayload, ToldStake, WithdrawPayload, bet_name, parties_of
from cpbench.specs.stakes import Pool, Stake


def only(register: Register) -> ToldStake:
    (stake,) = register.told().stakes
    return stake


def state(register: Register) -> tuple[tuple[str, ...], bool, bool]:
    told = only(register)
    return told.waiting_for, told.is_late, told.is_withdrawn


def test_a_bet_of_before_acceptances_was_made_by_being_registered(register: Register):
    register.register(claim(stakes=[STAKE]), is_made=True)
    assert state(register) == ((), False, False)


def test_a_bet_is_made_when_both_parties_accept(register: Register):
    register.register(claim(stakes=[STAKE]))
    assert state(register) == (("ann", "bob"), False, False)
    register.accept("bob")
    assert state(register) == (("ann",), False, False)
    register.accept("ann")
    assert state(register) == ((), False, False)


def test_an_acceptance_by_somebody_else_makes_no_bet(register: Register):
    register.register(claim(stakes=[STAKE]))
    register.accept("cleo")
    assert state(register) == (("ann", "bob"), False, False)


def test_a_bet_completed_after_results_is_late(register: Register):
    register.register(claim(stakes=[STAKE]))
    register.accept("ann")
    register.run()
    register.accept("bob")
    assert state(register) == ((), True, False)


def test_accepting_again_after_results_does_not_make_a_bet_late(register: Register):
    register.register(claim(stakes=[STAKE]), is_made=True)
    register.run()
    register.accept("bob")
    assert state(register) == ((), False, False)


def test_an_offer_is_its_partys_acceptance(register: Register):
    register.register(claim())
    register.offer("ann", odds="3:1 against")
    assert state(register) == (("bob",), False, False)
    register.accept("bob")
    assert state(register) == ((), False, False)
    assert only(register).seq == 2


def test_an_offer_is_not_undone_by_registering_the_file_again(register: Register):
    register.register(claim())
    register.offer("ann")
    register.register(claim(), claim("other"))
    assert state(register) == (("bob",), False, False)


def test_a_party_may_leave_a_bet_that_waits_and_come_back(register: Register):
    register.register(claim(stakes=[STAKE]))
    register.accept("ann")
    register.withdraw("ann", "stake")
    assert state(register) == (("ann", "bob"), False, True)
    register.accept("ann")
    register.accept("bob")
    assert state(register) == ((), False, False)


def test_one_party_cannot_leave_a_bet_that_is_made(register: Register):
    register.register(claim(stakes=[STAKE]), is_made=True)
    register.withdraw("ann", "stake")
    assert state(register) == ((), False, False)
    assert "that was made: it stands" in register.told().amendments[0]
    register.withdraw("bob", "stake")
    assert state(register) == ((), False, True)


def test_nobody_leaves_a_bet_after_results(register: Register):
    register.register(claim(stakes=[STAKE]), is_made=True)
    register.run()
    for party in ("ann", "bob"):
        register.withdraw(party, "stake")
    assert state(register) == ((), False, False)
    assert len(register.told().deviations) == 2


def test_a_stranger_withdraws_nothing(register: Register):
    register.register(claim(stakes=[STAKE]))
    register.withdraw("cleo", "stake")
    assert state(register) == (("ann", "bob"), False, False)
    assert register.told().amendments == ()


def test_a_bet_gone_from_the_file_is_withdrawn_unless_it_was_made(register: Register):
    register.register(claim(stakes=[STAKE, STAKE | {"stake": 5}]))
    for party in ("ann", "bob"):
        register.accept(party, number=1)
    register.register(claim())
    assert [stake.is_withdrawn for stake in register.told().stakes] == [True, False]
    assert "it stands, for it was made" in register.told().amendments[1]


def test_a_bet_first_written_after_results_is_late(register: Register):
    register.register(claim())
    register.run()
    register.register(claim(stakes=[STAKE]))
    for party in ("ann", "bob"):
        register.accept(party)
    assert state(register) == ((), True, False)


def test_a_bet_on_another_wording_is_no_bet_on_this_one(register: Register):
    register.register(claim(stakes=[STAKE]))
    register.accept("ann")
    register.register(claim(text="end(blur) > 5 epoch", stakes=[STAKE]))
    assert state(register) == (("ann", "bob"), False, False)


def test_a_pool_needs_everyone_and_a_later_one_replaces_it(register: Register):
    register.register(claim(pool=POOL))
    for party in ("ann", "bob"):
        register.accept(party)
    more = {**POOL, "bets": [*POOL["bets"], {"by": "cleo", "stake": 5, "on": "no"}]}
    register.register(claim(pool=more), forecasts=[said(0.7)])
    old, new = register.told().stakes
    assert (old.is_withdrawn, new.waiting_for) == (False, ("ann", "bob", "cleo"))
    for party in ("ann", "bob", "cleo"):
        register.accept(party, number=1)
    old, new = register.told().stakes
    assert (old.is_withdrawn, new.is_withdrawn, new.waiting_for) == (True, False, ())


def test_the_name_of_a_bet_is_of_its_claim():
    stake, pool = (
        Stake.model_validate(STAKE),
        Pool.model_validate(POOL | {"bets": tuple(POOL["bets"])}),
    )
    names = {bet_name(bet, claim) for bet in (stake, pool) for claim in ("a" * 64, "b" * 64)}
    assert len(names) == 4
    assert parties_of(stake) == parties_of(pool) == ("ann", "bob")


def test_two_cannot_bet_on_a_number(register: Register):
    register.register(number())
    register.offer("ann")
    assert register.told().stakes == ()


def test_a_registration_in_the_old_form_makes_no_bet_once_acceptances_exist(register: Register):
    register.register(claim())
    register.register(claim(stakes=[STAKE]), is_made=True)
    assert state(register) == (("ann", "bob"), False, False)


def test_an_offer_that_was_gone_cannot_be_accepted(register: Register):
    register.register(claim(stakes=[STAKE]))
    register.accept("ann")
    name = only(register).name
    register.register(claim())
    register.add(AcceptPayload(**register.about(), by="bob", stake=name))
    assert state(register) == (("bob",), False, True)


def test_a_bet_that_all_left_does_not_come_back_with_its_file(register: Register):
    register.register(claim(stakes=[STAKE]), is_made=True)
    for party in ("ann", "bob"):
        register.withdraw(party, "stake")
    register.register(claim(stakes=[STAKE]), claim("other"))
    register.accept("ann")
    register.withdraw("ann", "stake")
    assert only(register).is_withdrawn


def test_who_leaves_a_made_bet_and_comes_back_has_not_left_it(register: Register):
    register.register(claim(stakes=[STAKE]), is_made=True)
    register.withdraw("ann", "stake")
    register.accept("ann")
    register.withdraw("bob", "stake")
    assert state(register) == ((), False, False)


def test_a_pool_is_not_replaced_by_other_people(register: Register):
    register.register(claim(pool=POOL))
    for party in ("ann", "bob"):
        register.accept(party)
    theirs = [{"by": name, "stake": 5, "on": on} for name, on in (("cleo", "yes"), ("dora", "no"))]
    register.register(claim(pool={**POOL, "bets": theirs}))
    for party in ("cleo", "dora"):
        register.accept(party, number=1)
    assert [bet.is_withdrawn for bet in register.told().stakes] == [False, False]


def test_a_pool_that_all_left_replaces_nothing(register: Register):
    register.register(claim(pool=POOL))
    for party in ("ann", "bob"):
        register.accept(party)
    more = {**POOL, "bets": [{**bet, "stake": 6} for bet in POOL["bets"]]}
    register.register(claim(pool=more))
    name = register.told().stakes[1].name
    for party in ("ann", "bob"):
        register.accept(party, number=1)
    for party in ("ann", "bob"):
        facts = {"by": party, "what": "stake", "stake": name, "reason": "too much"}
        register.add(WithdrawPayload(**register.about(), **facts))
    assert [bet.is_withdrawn for bet in register.told().stakes] == [False, True]


@pytest.mark.parametrize(
    "again", [claim(text="end(blur) > 5 epoch", stakes=[STAKE]), claim("other")]
)
def test_one_party_cannot_amend_a_made_bet_away(register: Register, again: Any):
    register.register(claim(stakes=[STAKE]), forecasts=[said(0.7)])
    for party in ("ann", "bob"):
        register.accept(party)
    asked = [said(0.1)] if again["id"] == "later" else []
    register.register(again, forecasts=asked, others=["blur"])
    assert (register.told().entry.seq, register.told().is_withdrawn) == (1, False)
    assert state(register) == ((), False, False)
    assert register.by() == [(0.7, False, False)]
    assert "in time, but a bet was made on it" in register.told().amendments[0]
    assert register.told().deviations == ()


def test_once_all_parties_let_go_a_claim_may_be_reworded(register: Register):
    register.register(claim(stakes=[STAKE]), is_made=True)
    for party in ("ann", "bob"):
        register.withdraw(party, "stake")
    register.register(claim(text="end(blur) > 5 epoch"))
    assert register.told().entry.seq == 4


def test_the_forecast_that_pays_a_made_pool_is_not_withdrawn_alone(register: Register):
    bets = [{"by": name, "stake": 5} for name in ("ann", "bob")]
    pool = {"kind": "scored", "currency": "USD", "bets": bets}
    register.register(claim(pool=pool), forecasts=[said(0.7), said(0.2, "bob")])
    register.withdraw("ann", "forecast")
    assert register.by() == [(0.7, False, True)]
    register.say(0.7)
    for party in ("ann", "bob"):
        register.accept(party)
    register.withdraw("ann", "forecast")
    assert register.by() == [(0.7, False, False)]
    assert "a pool that was made is paid by it: it stands" in register.told().amendments[1]
