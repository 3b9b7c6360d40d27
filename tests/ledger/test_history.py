"""What the ledger says about a claim: one test per rule."""

from registers import POOL, SALT, STAKE, Register, claim, prediction, said

from cpbench.ledger import (
    ForecastPayload,
    RevealPayload,
    SealedPayload,
    commitment_of,
    payload_of,
)
from cpbench.specs.forecasts import ForecastSpec

AGAIN = "end(blur) > 5 epoch"


def test_claims_come_in_the_order_of_their_first_registration(register: Register):
    register.register(claim("later"), claim("sooner"))
    register.register(claim("third"), claim("sooner"), claim("later"))
    assert [told.claim.id for told in register.claims()] == ["later", "sooner", "third"]


def test_a_claim_has_the_entry_that_first_worded_it_and_the_last_title(register: Register):
    register.register(claim())
    register.register(claim() | {"title": "A better title"})
    told = register.told()
    assert (told.entry.seq, told.title_entry.seq) == (1, 2)
    assert told.protocols == {"blur": register.digest}
    assert (told.deviations, told.amendments, told.is_withdrawn) == ((), (), False)


def test_the_last_wording_in_time_counts_and_the_change_is_shown(register: Register):
    register.register(claim())
    register.register(claim(text=AGAIN), reason="a margin")
    told = register.told()
    assert (told.entry.seq, told.claim.claim, told.deviations) == (2, AGAIN, ())
    assert told.amendments == (
        "entry 2 reworded it in time: the wording of entry 1 no longer counts (a margin)",
    )


def test_a_wording_after_results_is_a_deviation_and_the_first_is_scored(register: Register):
    register.register(claim())
    register.run()
    register.register(claim(text=AGAIN))
    told = register.told()
    assert (told.entry.seq, told.known_results) == (1, ())
    assert told.deviations == (
        "entry 2 reworded it when results existed: the wording of entry 1 is scored",
    )


def test_where_the_first_wording_is_late_it_stays_and_all_said_of_it_is_late(register: Register):
    register.run()
    register.register(claim(), forecasts=[said(0.7)])
    register.register(claim(text=AGAIN))
    told = register.told()
    assert (told.entry.seq, told.known_results) == (1, ("reports/results/blur.csv",))
    assert register.by() == [(0.7, True, False)]


def test_deleting_results_that_were_seen_makes_nothing_timely(register: Register):
    register.run()
    register.register(claim())
    register.project.result("blur").unlink()
    register.say(0.9)
    assert register.by() == [(0.9, True, False)]


def test_an_edited_protocol_makes_no_room_for_another_wording_once_results_were_seen(
    register: Register,
):
    register.register(claim())
    register.run()
    register.register(claim("other"))
    register.project.result("blur").unlink()
    register.digest = "b" * 64
    register.register(claim(), claim("other"))
    assert register.told().entry.seq == 1
    assert "reworded it when results existed" in register.told().deviations[0]


def test_a_claim_left_out_in_time_is_void_and_still_shown(register: Register):
    register.register(claim(), claim("other"), forecasts=[said(0.7)])
    register.register(claim("other"), others=["blur"])
    told = register.told()
    assert told.is_withdrawn
    assert register.by() == [(0.7, False, True)]
    assert told.amendments == ("entry 2 left it out in time: it is void",)


def test_a_claim_left_out_after_results_is_scored_all_the_same(register: Register):
    register.register(claim(), claim("other"), forecasts=[said(0.7)])
    register.run()
    register.register(claim("other"), others=["blur"])
    told = register.told()
    assert not told.is_withdrawn
    assert told.deviations == ("entry 2 left it out when results existed: it is scored",)
    assert register.by() == [(0.7, False, False)]


def test_a_claim_that_comes_back_in_time_is_in_force_again(register: Register):
    register.register(claim(), claim("other"))
    register.register(claim("other"))
    register.register(claim(), claim("other"))
    assert not register.told().is_withdrawn


def test_of_each_party_the_last_forecast_in_time_counts(register: Register):
    register.register(claim(), forecasts=[said(0.7), said(0.2, "bob")])
    register.say(0.8)
    register.run()
    register.say(0.99)
    assert register.by() == [(0.8, False, False), (0.99, True, False)]
    assert [told.by for told in register.told().forecasts] == ["ann", "ann", "bob"]
    assert [told.seq for told in register.told().forecasts] == [2, 3, 1]


def test_repeating_a_forecast_changes_nothing(register: Register):
    register.register(claim(), forecasts=[said(0.7)])
    register.run()
    register.say(0.7)
    assert register.by() == [(0.7, False, False)]
    assert register.told().forecasts[0].seq == 1


def test_a_file_registered_again_does_not_bring_back_what_was_said_in_it(register: Register):
    register.register(claim(), forecasts=[said(0.7)])
    register.say(0.9)
    register.register(claim(), claim("other"), forecasts=[said(0.7)])
    assert register.by() == [(0.9, False, False)]


def test_forecasts_of_a_wording_that_no_longer_counts_are_void(register: Register):
    register.register(claim())
    register.say(0.9)
    register.register(claim(text=AGAIN), forecasts=[said(0.4, "bob")])
    assert register.by() == [(0.9, False, True)]
    assert register.by("bob") == [(0.4, False, False)]


def test_a_withdrawn_forecast_is_shown_until_its_party_speaks_again(register: Register):
    register.register(claim(), forecasts=[said(0.7)])
    register.withdraw("ann", "forecast")
    assert register.by() == [(0.7, False, True)]
    register.register(claim(), claim("other"), forecasts=[said(0.7)])
    assert register.by() == [(0.7, False, True)]
    register.say(0.7)
    assert register.by() == [(0.7, False, False)]
    assert register.told().amendments == ("entry 2: ann withdrew its forecast in time (a slip)",)


def test_a_forecast_withdrawn_after_results_is_scored(register: Register):
    register.register(claim(), forecasts=[said(0.7)])
    register.run()
    register.withdraw("ann", "forecast")
    assert register.by() == [(0.7, False, False)]
    assert "when results existed: it is scored" in register.told().deviations[0]


def test_a_seal_counts_though_it_is_opened_after_results(register: Register):
    register.register(claim(), forecasts=[said(0.2)])
    sealed = register.seal(0.6)
    assert register.by() == [(None, False, False)]
    register.run()
    register.reveal(sealed, 0.6)
    assert register.by() == [(0.6, False, False)]
    assert register.told().forecasts[0].sealed
    assert register.told().deviations == ()


def test_a_seal_made_after_results_is_late(register: Register):
    register.register(claim())
    register.run()
    register.reveal(register.seal(0.6), 0.6)
    assert register.by() == [(0.6, True, False)]


def test_a_reveal_of_something_else_is_ignored_and_told(register: Register):
    register.register(claim())
    sealed = register.seal(0.6)
    register.reveal(sealed, 0.9)
    register.reveal(register.entries()[0], 0.6)
    assert register.by() == [(None, False, False)]
    assert register.told().deviations == (
        "entry 3 reveals what no entry sealed: it is ignored",
        "entry 4 reveals what no entry sealed: it is ignored",
    )


def test_a_false_reveal_does_not_hide_a_true_one(register: Register):
    register.register(claim())
    sealed = register.seal(0.6)
    register.reveal(sealed, 0.6)
    register.reveal(sealed, 0.9)
    assert register.by() == [(0.6, False, False)]


def test_disputes_and_recorded_outcomes_are_told(register: Register):
    register.register(claim())
    register.resolve("yes")
    register.dispute()
    told = register.told()
    assert told.recorded == ((2, "yes", "yes"),)
    assert told.deviations == ("entry 3: disputed by bob: the plot is off",)


def test_a_claim_is_void_once_everyone_it_concerns_withdrew_it(register: Register):
    register.register(claim(stakes=[STAKE]), forecasts=[said(0.7)], is_made=True)
    register.withdraw("ann", "claim")
    assert not register.told().is_withdrawn
    register.withdraw("bob", "claim")
    told = register.told()
    assert told.is_withdrawn
    assert [stake.is_withdrawn for stake in told.stakes] == [True]
    assert "entry 2: ann withdrew the claim in time (a slip)" in told.amendments


def test_a_void_claim_is_not_brought_back_by_a_later_voice(register: Register):
    register.register(claim(), forecasts=[said(0.7)])
    register.withdraw("ann", "claim")
    register.say(0.4, "bob")
    assert register.told().is_withdrawn


def test_a_claim_withdrawn_after_results_is_scored(register: Register):
    register.register(claim(), forecasts=[said(0.7)])
    register.run()
    register.withdraw("ann", "claim")
    assert not register.told().is_withdrawn
    assert len(register.told().deviations) == 1


def test_a_pool_beside_a_claim_is_one_of_its_bets(register: Register):
    register.register(claim(pool=POOL), is_made=True)
    assert [stake.waiting_for for stake in register.told().stakes] == [()]


def test_a_forecast_of_another_form_answers_nothing(register: Register):
    register.register(claim(), forecasts=[said(0.7)])
    odd = ForecastSpec(by="bob", claim="later", point=3.0)
    register.add(ForecastPayload(**register.about(), forecast=odd))
    assert register.by("bob") == []
    assert register.told().deviations == ("entry 2 does not answer the claim: it is ignored",)


def test_a_seal_over_another_form_stays_shut(register: Register):
    register.register(claim())
    odd = ForecastSpec(by="bob", claim="later", point=3.0)
    facts = {"by": "bob", "commitment": commitment_of(SALT, odd)}
    sealed = register.add(SealedPayload(**register.about(), **facts))
    register.add(RevealPayload(**register.about(), sealed=sealed.hash, salt=SALT, forecast=odd))
    assert register.by("bob") == [(None, False, False)]


def test_results_of_a_dropped_claims_protocol_make_the_drop_late(register: Register):
    other = claim("other", text="end(noise) > 0")
    both = {"blur": register.digest, "noise": "c" * 64}
    register.add(payload_of(register.project, prediction(claim(), other), both))
    register.run("noise")
    register.register(claim(), others=["noise"])
    assert not register.told("other").is_withdrawn
    assert "entry 2 left it out when results existed" in register.told("other").deviations[0]
