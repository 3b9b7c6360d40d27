"""Verdicts: every state is told apart, and says why."""

import pytest

from cpbench.records.scores import Claim, Outcome, Payment, Scores
from cpbench.report.outcomes import badges, counts, outcome_text
from cpbench.report.settlement import payments_text
from cpbench.report.verdicts import verdicts


def by_id(scores: Scores, identifier: str) -> Claim:
    return next(claim for claim in scores.claims if claim.id == identifier)


def test_every_state_has_a_word_of_its_own(scores: Scores):
    words = {outcome_text(claim.outcome).split("**")[1] for claim in scores.claims}
    assert words == {"YES", "NO", "AMBIGUOUS", "ANNULLED", "PENDING"}


def test_a_pending_claim_says_what_is_missing(scores: Scores):
    text = outcome_text(by_id(scores, "cifar_later").outcome)
    assert "PENDING" in text
    assert "has no results" in text


def test_an_undecided_claim_without_a_reason_admits_it():
    outcome = Outcome(state="pending", rule="decisive")
    assert "no reason was recorded" in outcome_text(outcome)


def test_an_annulled_claim_is_never_shown_as_no(scores: Scores):
    text = outcome_text(by_id(scores, "decay_ends").outcome)
    assert "ANNULLED" in text
    assert "NO" not in text


def test_the_loser_pays_the_winner(scores: Scores):
    assert payments_text(by_id(scores, "later")) == "kave pays garrett 10.00 USD"


def test_returned_stakes_are_not_the_same_as_no_stakes(scores: Scores):
    claim = by_id(scores, "same_steps")
    none = tuple(Payment(party=party, cents=0, currency="USD") for party in ("a", "b"))
    assert payments_text(claim.model_copy(update={"payments": none})) == "stakes returned"
    assert payments_text(claim) == "–"


def test_many_parties_are_listed_with_their_signs(scores: Scores):
    shares = tuple(
        Payment(party=party, cents=cents, currency="USD")
        for party, cents in (("a", 700), ("b", -300), ("c", -400))
    )
    text = payments_text(by_id(scores, "later").model_copy(update={"payments": shares}))
    assert text == "a +7.00 USD<br>b −3.00 USD<br>c −4.00 USD"


def test_weaknesses_are_badged_even_when_the_judge_names_none(scores: Scores):
    assert badges(by_id(scores, "later")) == ("piloted", "results existed", "late forecast")
    assert badges(by_id(scores, "decay_ends")) == ("confounded",)
    assert badges(by_id(scores, "harmless")) == ()


def test_the_table_shows_probability_seeds_sign_count_and_scores(scores: Scores):
    text = verdicts(scores.claims, lambda name: f"pages/{name}.md")
    row = next(
        line for line in text.splitlines() if line.startswith("| The critical period of b25")
    )
    for part in ("0.002", "1.0 % undefined", "| 20 |", "1 of 20", "kave 65 % → 0.42", "late: not"):
        assert part in row


def test_a_late_forecast_shows_no_score(scores: Scores):
    text = verdicts(scores.claims, lambda name: name)
    assert "latecomer 1 %, late: not scored" in text


def test_each_prediction_has_one_table(scores: Scores):
    text = verdicts(scores.claims, lambda name: name)
    assert text.count("| Claim |") == len({claim.prediction for claim in scores.claims})


def test_an_amended_claim_stays_in_its_predictions_table(scores: Scores):
    first, *others = scores.claims
    claims = (*others, first.model_copy(update={"registered_seq": 9}))
    assert verdicts(claims, lambda name: name).count("| Claim |") == 3


def test_states_are_counted(scores: Scores):
    assert counts(scores.claims) == "5 claims: 1 yes, 1 no, 1 ambiguous, 1 annulled, 1 pending"


@pytest.mark.parametrize("probability", [0.995, 0.004])
def test_a_forecast_is_never_rounded_to_certainty(scores: Scores, probability: float):
    claim = by_id(scores, "harmless")
    forecast = claim.forecasts[0].model_copy(update={"probability": probability})
    text = verdicts([claim.model_copy(update={"forecasts": (forecast,)})], lambda name: name)
    assert f"kave {100 * probability:.1f} %" in text
