"""Who could have known: results that entries of any kind show, moves, machines, and strangers."""

from typing import Any

import pytest
from registers import POOL, STAKE, Register, claim, forecast, said

from cpbench.ledger import ForecastPayload, TheoryFacts, ToldForecast

EARLY = TheoryFacts(version="1", information="early", code="0" * 64)


def theory_says(register: Register, p: float, facts: TheoryFacts, by: str = "ann") -> None:
    register.add(ForecastPayload(**register.about(), forecast=forecast(p, by), theory=facts))


@pytest.mark.parametrize("shown", ["resolve", "say", "accept", "dispute", "offer", "withdraw"])
def test_results_that_any_entry_shows_make_what_follows_late(register: Register, shown: str):
    register.register(claim(stakes=[STAKE]), forecasts=[said(0.2, "bob")])
    register.run()
    words: dict[str, tuple[Any, ...]] = {
        "say": (0.4, "cleo"), "accept": ("bob",), "withdraw": ("bob", "forecast")
    }  # fmt: skip
    getattr(register, shown)(*words.get(shown, ()))
    register.project.result("blur").unlink()
    register.say(0.9)
    register.register(claim("other"), others=["blur"])
    assert register.by() == [(0.9, True, False)]
    assert not register.told().is_withdrawn


def test_results_that_a_theory_was_shown_were_there(register: Register):
    register.register(claim())
    theory_says(register, 0.4, EARLY.model_copy(update={"results": {"blur": "a" * 64}}))
    register.say(0.9)
    assert register.by()[1:] == [(0.9, True, False)]


def test_a_reference_that_was_declared_makes_nothing_late(register: Register):
    register.register(claim())
    reference = {"information": "reference", "results": {"blur": "a" * 64}}
    theory_says(register, 0.4, EARLY.model_copy(update=reference), "persistence")
    theory_says(register, 0.5, EARLY.model_copy(update=reference), "constant_steps")
    register.say(0.9)
    assert not any(told.is_late for told in register.told().forecasts)


def test_an_early_theory_does_not_speak_for_a_person_of_its_name(register: Register):
    register.register(claim(), forecasts=[said(0.7)])
    register.run()
    theory_says(register, 0.0, EARLY)
    told: list[ToldForecast] = list(register.told().forecasts)
    assert [(each.forecast and each.forecast.p, bool(each.theory)) for each in told] == [
        (0.7, False),
        (0.0, True),
    ]
    assert not any(each.is_late or each.is_withdrawn for each in told)


def test_a_person_does_not_speak_for_a_theory_of_its_name(register: Register):
    register.register(claim())
    theory_says(register, 0.5, EARLY.model_copy(update={"information": "spec"}), "uniform")
    register.say(0.99, "uniform")
    register.withdraw("uniform", "forecast")
    assert register.by("uniform") == [(0.5, False, False), (0.99, False, True)]


def test_theories_are_not_asked_whether_a_claim_is_void(register: Register):
    register.register(claim(), forecasts=[said(0.7)])
    theory_says(register, 0.5, EARLY.model_copy(update={"information": "spec"}), "uniform")
    register.withdraw("ann", "claim")
    assert register.told().is_withdrawn


def test_a_stranger_voids_no_claim(register: Register):
    register.register(claim(stakes=[STAKE]))
    register.withdraw("eve", "claim")
    assert not register.told().is_withdrawn
    register.withdraw("ann", "claim")
    assert register.told().is_withdrawn


def test_moves_are_what_people_entered_in_time(register: Register):
    register.register(claim(stakes=[STAKE]), claim("other"))
    register.say(0.5)
    register.seal(0.6, "bob")
    register.offer("ann", stake=3)
    register.accept("bob")
    for what in ("forecast", "stake", "claim"):
        register.withdraw("ann", what)
    register.register(claim("other"))
    register.register(claim(), claim("other"))
    again = claim(text="end(blur) > 5 epoch", pool=POOL)
    register.register(again, claim("other"), forecasts=[said(0.1, "cleo")])
    theory_says(register, 0.5, EARLY, "early")
    register.dispute()
    register.run()
    register.say(0.7)
    assert register.told().moves == (
        (1, "it was registered"),
        (2, "ann forecast"),
        (3, "bob sealed a forecast"),
        (4, "ann offered a bet"),
        (5, "bob accepted a bet"),
        (6, "ann withdrew its forecast"),
        (7, "ann withdrew its stake"),
        (8, "ann withdrew the claim"),
        (9, "it was left out"),
        (10, "it was taken in again"),
        (11, "cleo forecast"),
        (11, "it was reworded"),
    )


def test_a_claim_that_stays_left_out_moves_once(register: Register):
    register.register(claim(), claim("other"))
    register.register(claim("other"))
    register.register(claim("other", text="end(blur) > 5 epoch"))
    assert register.told().moves == ((1, "it was registered"), (2, "it was left out"))
