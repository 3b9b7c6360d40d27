"""From samples to probabilities and quantiles."""

from typing import Any

import numpy as np
import pytest

from cpbench.theories import AbstentionError, expected
from cpbench.theories.forecasting import quantiles_of, spread

N = 4000


def draws(question: Any, **values: np.ndarray) -> Any:
    """Samples by arm, for every call the claim names."""
    return {call: values[call.arm] for call in question.calls}


@pytest.fixture
def ramp() -> np.ndarray:
    return np.arange(1, N + 1) / N * 100


def test_p_is_the_share_of_samples_in_which_the_claim_holds(question: Any, ramp: np.ndarray):
    asked = question("binary", "end(p.a) > 25 epoch")
    said = expected(asked, draws(asked, a=ramp), by="me", note="because")
    assert said.p == pytest.approx(0.75, abs=1e-3)
    assert (said.by, said.claim, said.note) == ("me", "c", "because")


def test_what_never_happened_is_not_impossible(question: Any, ramp: np.ndarray):
    asked = question("binary", "end(p.a) > 200 epoch")
    assert expected(asked, draws(asked, a=ramp), by="me").p == pytest.approx(1 / N, rel=0.3)


def test_a_claim_and_its_negation_share_one(question: Any, ramp: np.ndarray):
    yes = question("binary", "end(p.a) > 33 epoch")
    no = question("binary", "not end(p.a) > 33 epoch")
    both = [expected(each, draws(each, a=ramp), by="me").p or 0 for each in (yes, no)]
    assert sum(both) == pytest.approx(1, abs=1e-9)


def test_quantities_are_taken_jointly(question: Any, ramp: np.ndarray):
    asked = question("binary", "end(p.a) > end(p.b)")
    assert expected(asked, draws(asked, a=ramp + 0.1, b=ramp), by="me").p == pytest.approx(
        1, abs=1e-3
    )
    apart = expected(asked, draws(asked, a=ramp + 0.1, b=ramp[::-1]), by="me").p
    assert apart == pytest.approx(0.5, abs=0.01)


def test_a_condition_leaves_out_the_samples_in_which_it_fails(question: Any, ramp: np.ndarray):
    asked = question("binary", "end(p.a) > 75 epoch", given="end(p.a) > 50 epoch")
    assert expected(asked, draws(asked, a=ramp), by="me").p == pytest.approx(0.5, abs=1e-3)
    number = question("numeric", "end(p.a)", given="end(p.a) > 50 epoch")
    said = expected(number, draws(number, a=ramp), by="me").quantiles
    assert said is not None
    assert said["0.5"] == pytest.approx(75, abs=0.1)


@pytest.mark.parametrize("kind", ["binary", "numeric"])
def test_a_condition_that_never_holds_leaves_nothing_to_say(
    kind: str, question: Any, ramp: np.ndarray
):
    text = {"binary": "end(p.a) > 0", "numeric": "end(p.a)"}[kind]
    asked = question(kind, text, given="end(p.a) > 99 epoch")
    with pytest.raises(AbstentionError, match="expects the condition to hold in 40 samples only"):
        expected(asked, draws(asked, a=ramp), by="me")


@pytest.mark.parametrize("kind", ["binary", "numeric"])
def test_samples_that_leave_a_claim_open_leave_nothing_to_say(
    kind: str, question: Any, ramp: np.ndarray
):
    text = {"binary": "end(p.a) > 0", "numeric": "end(p.a)"}[kind]
    asked = question(kind, text)
    open_ = np.where(ramp > 80, np.nan, ramp)
    with pytest.raises(AbstentionError, match="leaves it open in 20% of its samples"):
        expected(asked, draws(asked, a=open_), by="me")


def test_options_have_the_shares_in_which_they_are_the_first_to_hold(
    question: Any, ramp: np.ndarray
):
    asked = question("categorical", "end(p.a) < 20 epoch", "end(p.a) < 50 epoch")
    said = expected(asked, draws(asked, a=ramp), by="me").probs
    assert said is not None
    assert said == pytest.approx({"o0": 0.2, "o1": 0.3, "other": 0.5}, abs=1e-3)


def test_quantiles_are_deciles_within_the_bounds(ramp: np.ndarray):
    assert quantiles_of(ramp, None)["0.1"] == pytest.approx(10, abs=0.1)
    held = quantiles_of(ramp, (20.0, 60.0))
    assert (held["0.1"], held["0.5"], held["0.9"]) == (20.0, pytest.approx(50, abs=0.1), 60.0)


def test_rounding_does_not_step_over_a_bound(ramp: np.ndarray):
    held = quantiles_of(ramp, (20.12342, 60.12346))
    assert (held["0.1"], held["0.9"]) == (20.12342, 60.12346)


@pytest.mark.parametrize("n", [2, 3, 7, 21])
def test_spread_sums_to_one_whatever_the_rounding(n: int):
    found = spread({f"o{index}": 1.0 for index in range(n)})
    assert sum(round(10_000 * share) for share in found.values()) == 10_000
    assert max(found.values()) - min(found.values()) <= 1.001e-4
