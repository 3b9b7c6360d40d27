"""Caution: a verdict that another law of the draws would turn says so, and stays as it was."""

import pytest

from cpbench.records.scores import Claim, Scores
from cpbench.report.outcomes import badges, outcome_text
from cpbench.report.stories import story

WORDS = "drawn by Student's t it would be <ambiguous>"
BADGE = "turns on the draws"


@pytest.fixture
def sure(scores: Scores) -> Claim:
    return next(claim for claim in scores.claims if claim.id == "later")


@pytest.fixture
def cautious(sure: Claim) -> Claim:
    return sure.model_copy(update={"outcome": sure.outcome.model_copy(update={"caution": WORDS})})


def test_a_verdict_that_turns_on_the_draws_is_badged(sure: Claim, cautious: Claim):
    assert BADGE not in badges(sure)
    assert badges(cautious) == (*badges(sure), BADGE)


def test_the_story_says_what_the_other_law_would_decide(sure: Claim, cautious: Claim):
    lines = story(cautious).splitlines()
    (line,) = [line for line in lines if line not in story(sure).splitlines()]
    assert line == r"- **caution**: drawn by Student's t it would be \<ambiguous\>"


def test_a_caution_changes_no_verdict(sure: Claim, cautious: Claim):
    assert outcome_text(cautious.outcome) == outcome_text(sure.outcome)
