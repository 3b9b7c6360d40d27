from typing import Any

import numpy as np
import pytest

from cpbench.resolving.tallying import tally_event, tally_options
from cpbench.resolving.truth import Truth

Lab = Any  # the class stands in conftest.py, which tests cannot import


def test_a_condition_that_holds_lets_the_claim_stand(lab: Lab):
    claim = lab.binary("end(p.a) > end(p.b)", given="end(p.b) > 10 epoch")
    told = lab.outcome(claim, lab.series("a", 120), lab.series("b", 60))
    assert (told.state, told.given) == ("yes", "yes; holds in 100% of draws")


@pytest.mark.parametrize(
    ("given", "state", "reason"),
    [
        ("end(p.b) > 100 epoch", "annulled", "condition_not_met: no; holds in 0% of draws"),
        ("end(p.late) > 500 epoch", "ambiguous", "condition: undefined in 100% of draws"),
        ("end(p.flat) > 0", "annulled", "no_drop: the curve has no drop"),
        ("never(p.b) > 0", "annulled", "control_missing: p.b has no never_removed"),
        (
            "end(q.main) > 0",
            "pending",
            "q has no plan yet",
        ),
    ],
)
def test_a_condition_that_does_not_hold_keeps_the_claim_from_it(
    lab: Lab, given: str, state: str, reason: str
):
    lab.digests = {**lab.digests, "q": "b" * 64}
    series = (
        lab.series("a", 120),
        lab.series("b", 60),
        lab.series("late", 470),
        lab.series("flat", 60, drop=0.0),
    )
    for claim in (
        lab.binary("end(p.a) > end(p.b)", given=given),
        lab.numeric("end(p.a)", given=given),
        lab.categorical(given=given, later="end(p.a) > end(p.b)", sooner="end(p.a) < 0"),
    ):
        told = lab.outcome(claim, *series)
        assert told.state == state
        assert told.reason.startswith(reason)
        assert told.probability is None
        assert told.value is None


def test_a_condition_within_the_noise_makes_the_claim_ambiguous(lab: Lab):
    claim = lab.binary("end(p.a) > end(p.b)", given="half(p.c) > 50 epoch")
    told = lab.outcome(
        claim, lab.series("a", 120), lab.series("b", 60), lab.series("c", 105, spread=40)
    )
    assert told.state == "ambiguous"
    assert told.reason.startswith("condition: holds in ")
    assert told.given.startswith("ambiguous; holds in ")
    assert told.n_seeds == 6


def test_what_the_condition_lacks_is_not_blamed_on_the_claim(lab: Lab):
    series = lab.series("late", 470), lab.series("flat", 60, drop=0.0)
    claim = lab.binary("end(p.flat) > 0", given="end(p.late) > 500 epoch")
    told = lab.outcome(claim, *series)
    assert told.reason.startswith("condition: undefined in 100% of draws")
    value = lab.outcome(lab.numeric("end(p.late)", given="not end(p.late) < 0"), *series)
    assert (value.state, value.value.status) == ("ambiguous", "right_censored")


def test_draws_in_which_the_condition_fails_are_left_out(lab: Lab):
    # The claim is its own condition: where the condition holds, so does the claim.
    a = lab.series("a", 100, spread=35)
    text = "half(p.a) > 42 epoch"
    alone = lab.outcome(lab.binary(text), a)
    given = lab.outcome(lab.binary(text, given=text, level=0.51), a)
    assert alone.probability < 1.0
    assert (given.probability, given.undefined) == (1.0, 0.0)
    value = lab.outcome(lab.numeric("half(p.a)", given=text, level=0.51), a).value
    assert lab.outcome(lab.numeric("half(p.a)"), a).value.low < 42 < value.low


def test_under_a_probabilistic_rule_the_condition_is_decided_all_the_same(lab: Lab):
    claim = lab.binary("end(p.a) > 0", given="end(p.a) < 0", rule="probabilistic")
    told = lab.outcome(claim, lab.series("a", 100))
    assert (told.state, told.fraction) == ("annulled", None)


def flags(letters: str) -> Truth:
    """One sample per letter: `y` true, `n` false, anything else not known."""
    return Truth(np.array([*letters]) == "y", np.array([*letters]) == "n")


def test_where_the_condition_is_unknown_so_is_the_claim():
    tally = tally_event(flags("yyn?"), flags("y?yy"))
    assert [tally.way(row) for row in range(4)] == ["yes", None, "no", None]
    assert tally.shares(slice(None)) == {"yes": 0.5, "no": 0.5}
    assert tally.undefined(slice(None)) == 0.5


def test_where_the_condition_fails_the_claim_does_not_count():
    tally = tally_event(flags("yn?"), flags("ynn"))
    assert tally.shares(slice(None)) == {"yes": 1.0, "no": 0.0}
    assert tally.undefined(slice(None)) == 0.0
    never = tally_event(flags("yn"), flags("nn"))
    assert never.shares(slice(None)) is None
    assert never.undefined(slice(None)) == 1.0


def test_at_most_one_option_holds_in_a_sample_whatever_the_options_say():
    grid = [one + two for one in "yn?" for two in "yn?"]
    first, second = (flags("".join(pair[index] for pair in grid)) for index in (0, 1))
    tally = tally_options([("one", first), ("two", second)], None)
    expected = {"yy": "one", "yn": "one", "y?": "one", "ny": "two", "nn": "other"}
    assert [tally.way(row) for row in range(9)] == [expected.get(pair) for pair in grid]
    assert (sum(ways.astype(int) for ways in tally.ways.values()) <= 1).all()
