import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpbench.scoring.rules import binary, categorical

PROBABILITY = st.floats(0, 1)
INSIDE = st.floats(0.001, 0.999)
ROUNDING = 1e-12
GRID = [place / 200 for place in range(1, 200)]

BINARY: dict[str, Callable[[float, float], float]] = {
    "brier": lambda p, r: binary.brier(p, outcome=r),
    "log_loss": lambda p, r: binary.log_loss(p, outcome=r).nats,
    "spherical_loss": lambda p, r: binary.spherical_loss(p, outcome=r),
}
CATEGORICAL: dict[str, Callable[[Sequence[float], int], float]] = {
    "brier_sum": lambda probs, k: categorical.brier_sum(probs, outcome=k),
    "log_loss": lambda probs, k: categorical.log_loss(probs, outcome=k).nats,
    "spherical_loss": lambda probs, k: categorical.spherical_loss(probs, outcome=k),
    "rps": lambda probs, k: categorical.rps(probs, outcome=k),
}


@st.composite
def distributions(draw: st.DrawFn, size: int | None = None) -> list[float]:
    size = size or draw(st.integers(2, 6))
    weights = draw(st.lists(st.integers(1, 20), min_size=size, max_size=size))
    return [weight / sum(weights) for weight in weights]


@pytest.mark.parametrize(
    ("rule", "yes", "no"),
    [
        ("brier", 0.09, 0.49),
        ("log_loss", 0.356675, 1.203973),
        ("spherical_loss", 1 - 0.919145, 1 - 0.393919),
    ],
)
def test_seven_tenths_scores_the_reference_values(rule: str, yes: float, no: float):
    assert BINARY[rule](0.7, 1) == pytest.approx(yes, abs=5e-7)
    assert BINARY[rule](0.7, 0) == pytest.approx(no, abs=5e-7)


def test_the_log_loss_in_bits_is_the_reference_value():
    assert binary.log_loss(0.7, outcome=1).nats / math.log(2) == pytest.approx(0.514573, abs=5e-7)


@pytest.mark.parametrize(
    ("rule", "losses"),
    [
        ("brier_sum", (0.26, 0.86, 1.26)),
        ("log_loss", (0.510826, 1.203973, 2.302585)),
        ("spherical_loss", (1 - 0.884652, 1 - 0.442326, 1 - 0.147442)),
        ("rps", (0.17, 0.37, 1.17)),
    ],
)
def test_three_options_score_the_reference_values(rule: str, losses: Sequence[float]):
    found = [CATEGORICAL[rule]((0.6, 0.3, 0.1), outcome) for outcome in range(3)]
    assert found == pytest.approx(losses, abs=5e-7)


def test_the_sum_form_of_seven_tenths_is_twice_its_brier_score():
    assert categorical.brier_sum((0.7, 0.3), outcome=0) == pytest.approx(0.18)
    assert categorical.brier_sum((0.7, 0.3), outcome=1) == pytest.approx(0.98)


@given(PROBABILITY, st.booleans())
def test_two_options_are_a_binary_claim(p: float, happened: bool):  # noqa: FBT001
    options, outcome = (p, 1 - p), 0 if happened else 1
    pairs = [("brier_sum", "brier", 2), ("rps", "brier", 1)]
    pairs += [(name, name, 1) for name in ("log_loss", "spherical_loss")]
    for name, other, factor in pairs:
        expected = factor * BINARY[other](p, float(happened))
        assert CATEGORICAL[name](options, outcome) == pytest.approx(expected, abs=ROUNDING)


@pytest.mark.parametrize("rule", BINARY)
@given(belief=INSIDE)
def test_no_forecast_on_a_grid_expects_less_loss_than_the_belief(rule: str, belief: float):
    # With a share as the outcome the loss is the expected one.
    expected = [BINARY[rule](other, belief) for other in [*GRID, 0.001, 0.999]]
    assert BINARY[rule](belief, belief) <= min(expected) + ROUNDING


@pytest.mark.parametrize("rule", BINARY)
def test_the_expected_loss_has_its_least_value_at_the_belief_only(rule: str):
    for belief in (0.1, 0.35, 0.8):
        assert min(GRID, key=lambda other: BINARY[rule](other, belief)) == belief


@pytest.mark.parametrize("rule", CATEGORICAL)
@given(belief=distributions(3), other=distributions(3))
def test_the_belief_over_options_expects_the_least_loss(
    rule: str, belief: list[float], other: list[float]
):
    def expected(said: list[float]) -> float:
        return sum(weight * CATEGORICAL[rule](said, k) for k, weight in enumerate(belief))

    assert expected(belief) <= expected(other) + ROUNDING


@pytest.mark.parametrize("rule", BINARY)
@given(p=PROBABILITY, outcome=PROBABILITY)
def test_relabelling_yes_and_no_changes_no_loss(rule: str, p: float, outcome: float):
    there, back = BINARY[rule](p, outcome), BINARY[rule](1 - p, 1 - outcome)
    assert there == pytest.approx(back, abs=1e-9)


@pytest.mark.parametrize("rule", BINARY)
@given(p=PROBABILITY, share=PROBABILITY)
def test_a_share_is_scored_by_the_expected_loss(rule: str, p: float, share: float):
    expected = share * BINARY[rule](p, 1) + (1 - share) * BINARY[rule](p, 0)
    assert BINARY[rule](p, share) == pytest.approx(expected, abs=ROUNDING)


@given(PROBABILITY)
def test_the_brier_score_of_a_share_has_a_floor(share: float):
    floor = share * (1 - share)
    assert binary.brier(share, outcome=share) == pytest.approx(floor, abs=ROUNDING)


@given(distributions(), st.data())
def test_losses_lie_in_their_ranges(probs: list[float], data: st.DataObject):
    outcome = data.draw(st.integers(0, len(probs) - 1))
    highest = {"brier_sum": 2, "log_loss": 6.91, "spherical_loss": 1, "rps": len(probs) - 1}
    for rule, bound in highest.items():
        assert 0 <= CATEGORICAL[rule](probs, outcome) <= bound


def test_ranked_options_that_missed_by_less_lose_less_and_unranked_ones_do_not():
    near, far = (0.0, 1.0, 0.0), (1.0, 0.0, 0.0)
    assert categorical.rps(near, outcome=2) < categorical.rps(far, outcome=2)
    assert categorical.brier_sum(near, outcome=2) == categorical.brier_sum(far, outcome=2)


@pytest.mark.parametrize(
    ("p", "outcome", "nats", "is_clipped"),
    [
        (0.0, 1, 6.907755, True),
        (1.0, 0, 6.907755, True),
        (1.0, 1, 0.001000, True),
        (0.0005, 1, 6.907755, True),
        (0.001, 1, 6.907755, False),
        (0.999, 0, 6.907755, False),
        (0.5, 1, 0.693147, False),
    ],
)
def test_a_log_loss_is_cut_off_and_says_so(p: float, outcome: int, nats: float, is_clipped: bool):  # noqa: FBT001
    loss = binary.log_loss(p, outcome=outcome)
    assert loss.nats == pytest.approx(nats, abs=1e-6)
    assert loss.is_clipped is is_clipped
    options = categorical.log_loss((p, 1 - p), outcome=1 - outcome)
    assert options == (pytest.approx(nats, abs=1e-6), is_clipped)


@pytest.mark.parametrize("rule", BINARY)
@pytest.mark.parametrize(
    ("p", "outcome", "message"),
    [
        (1.01, 1, "probability"),
        (-0.1, 1, "probability"),
        (math.nan, 1, "probability"),
        (0.5, 1.5, "outcome"),
        (0.5, math.nan, "outcome"),
    ],
)
def test_what_is_no_probability_has_no_score(rule: str, p: float, outcome: float, message: str):
    with pytest.raises(ValueError, match=f"{message} .* does not lie in"):
        BINARY[rule](p, outcome)


@pytest.mark.parametrize("rule", CATEGORICAL)
@pytest.mark.parametrize(
    ("probs", "outcome", "message"),
    [
        ((0.6, 0.3), 0, "sum to 0.9; they must sum to 1"),
        ((1.2, -0.2), 0, "probability 1.2 does not lie in"),
        ((0.5, math.nan), 0, "probability nan"),
        ((0.5, 0.5), 2, "no option 2 among 2"),
        ((0.5, 0.5), -1, "no option -1"),
        ((), 0, "sum to 0"),
    ],
)
def test_what_is_no_distribution_has_no_score(
    rule: str, probs: tuple[float, ...], outcome: int, message: str
):
    with pytest.raises(ValueError, match=message):
        CATEGORICAL[rule](probs, outcome)


@given(INSIDE, st.booleans())
def test_an_independent_implementation_agrees_on_binary_claims(p: float, happened: bool):  # noqa: FBT001
    scoringrules = pytest.importorskip("scoringrules")
    outcome = float(happened)
    brier = float(scoringrules.brier_score(np.array(outcome), p))
    assert binary.brier(p, outcome=outcome) == pytest.approx(brier)
    nats = float(scoringrules.log_score(np.array(outcome), np.array(p)))
    assert binary.log_loss(p, outcome=outcome).nats == pytest.approx(nats)


@given(distributions(), st.data())
def test_an_independent_implementation_agrees_on_ranked_options(
    probs: list[float], data: st.DataObject
):
    scoringrules = pytest.importorskip("scoringrules")
    outcome = data.draw(st.integers(0, len(probs) - 1))
    # Its options are numbered from 1.
    ranked = float(scoringrules.rps_score(np.array(outcome + 1), np.array(probs)))
    assert categorical.rps(probs, outcome=outcome) == pytest.approx(ranked)
