"""Learning-rate laws against values worked out by hand."""

import math

import pytest
from pydantic import ValidationError

from cpbench.specs.laws import (
    Constant,
    Cosine,
    Exponential,
    Linear,
    LrLaw,
    Step,
    learning_rate,
)
from cpbench.specs.protocols import Experiment

EXPONENTIAL = Exponential(kind="exponential", gamma=0.97)
STEP = Step(kind="step", factor=0.1, every=30)
COSINE = Cosine(kind="cosine", floor=0.02, epochs=12)
LINEAR = Linear(kind="linear", final=0.02, epochs=8)
MOVING = [EXPONENTIAL, STEP, COSINE, LINEAR]


def test_a_constant_law_is_lr_at_every_clock():
    assert learning_rate(Constant(kind="constant"), 1 / 3, 239) == 1 / 3


def test_an_exponential_law_is_lr_times_gamma_to_the_clock():
    for clock in (1, 10, 239):
        expected = 0.05 * 0.97**clock
        assert learning_rate(EXPONENTIAL, 0.05, clock) == pytest.approx(expected, rel=1e-11)


def test_a_step_law_is_cut_at_each_multiple_and_not_before():
    rates = [learning_rate(STEP, 0.1, clock) for clock in (29, 30, 59, 60, 90)]
    assert rates == [0.1, 0.01, 0.01, 0.001, 0.0001]


def test_a_cosine_law_is_loshchilov_and_hutters_equation_5():
    # cos 0, π/3, π/2, 2π/3 are 1, 1/2, 0, -1/2; from 0.1 to 0.02 the way is 0.08.
    rates = [learning_rate(COSINE, 0.1, clock) for clock in (0, 4, 6, 8)]
    assert rates == pytest.approx([0.1, 0.02 + 0.06, 0.02 + 0.04, 0.02 + 0.02], rel=1e-12)
    eighth = 0.02 + 0.04 * (1 + math.sqrt(0.5))
    assert learning_rate(COSINE, 0.1, 3) == pytest.approx(eighth, rel=1e-11)


def test_a_linear_law_is_a_straight_line_down_or_up():
    assert [learning_rate(LINEAR, 0.1, clock) for clock in (2, 4, 7)] == [0.08, 0.06, 0.03]
    warm = Linear(kind="linear", final=0.1, epochs=4)
    assert [learning_rate(warm, 0.02, clock) for clock in (1, 2, 3)] == [0.04, 0.06, 0.08]


@pytest.mark.parametrize(("law", "end"), [(COSINE, 12), (LINEAR, 8)], ids=["cosine", "linear"])
def test_a_law_that_ends_stays_where_it_ended(law: LrLaw, end: int):
    assert learning_rate(law, 0.1, end - 1) > 0.02
    assert [learning_rate(law, 0.1, clock) for clock in (end, end + 1, 10**6)] == [0.02] * 3


@pytest.mark.parametrize("law", MOVING, ids=lambda law: law.kind)
def test_every_law_begins_at_lr(law: LrLaw):
    assert learning_rate(law, 0.05, 0) == 0.05


@pytest.mark.parametrize("law", MOVING, ids=lambda law: law.kind)
def test_a_learning_rate_that_moves_has_twelve_digits_on_every_machine(law: LrLaw):
    for clock in range(100):
        rate = learning_rate(law, 1 / 3, clock)
        assert rate == float(f"{rate:.12g}")


@pytest.mark.parametrize("place", ["training", "phase"])
def test_a_cosine_that_would_rise_is_refused(place: str):
    law = {"kind": "cosine", "floor": 0.1, "epochs": 5}
    still = {"kind": "constant"}
    training = {
        "batch_size": 10,
        "optimizer": {"kind": "sgd", "lr": 0.05},
        "lr_law": law if place == "training" else still,
    }
    phase = {"for": 5} if place == "training" else {"for": 5, "lr_law": law}
    with pytest.raises(ValidationError, match=r"floor 0\.1, above its learning rate"):
        Experiment.model_validate(
            {
                "dataset": {"kind": "digits", "train_size": 60},
                "model": {"kind": "mlp", "widths": [4]},
                "training": training,
                "phases": [phase],
                "seeds": 1,
            }
        )
