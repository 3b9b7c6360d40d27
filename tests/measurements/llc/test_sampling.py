"""A reading is drawn on until it is good enough or the budget ends, and says what was averaged."""

import math

import numpy as np
import pytest
from measurements.llc.subjects import linear_net, of_formula, random, tensors, vectors
from torch import Tensor

import cpbench
from cpbench.measurements.truth import regression_data


def bowl(weights: Tensor) -> Tensor:
    return weights.square().sum() / 2


def test_a_reading_is_drawn_on_until_it_is_precise():
    law = {"nbeta": 100.0, "step_size": 5e-3, "num_chains": 8, "num_draws": 100}
    sizes = {"num_burnin_steps": 200, "max_draws": 12_800, "precision": 0.04}
    reading = of_formula(bowl, **law, **sizes)
    assert reading.status == "ok"
    assert reading.se <= 0.04 * reading.llc
    conditions = reading.conditions
    assert 100 < conditions.num_draws < 12_800
    assert conditions.num_draws + conditions.num_burnin_steps - 200 in {
        100 * 2**doubling for doubling in range(1, 8)
    }
    assert len(reading.trace) == conditions.num_draws


def test_the_budget_ends_a_reading_that_never_gets_precise():
    law = {"nbeta": 100.0, "step_size": 1e-3, "localization": 20.0, "num_burnin_steps": 400}
    sizes = {"num_draws": 100, "max_draws": 799, "precision": 1e-6}
    conditions = of_formula(bowl, **law, **sizes).conditions
    assert conditions.num_draws + conditions.num_burnin_steps == 400 + 400


def test_draws_before_the_chains_agree_are_discarded_and_count_as_burn_in():
    law = {"nbeta": 50.0, "localization": 20.0, "step_size": 2e-3, "num_burnin_steps": 200}
    once = of_formula(bowl, **law, num_draws=20)
    longer = of_formula(bowl, **law, num_draws=20, max_draws=1280, precision=0.2)
    assert once.reasons == ("R-hat over 1.1",)
    assert longer.status == "ok"
    conditions = longer.conditions
    assert conditions.num_burnin_steps >= 220
    assert conditions.equilibration == pytest.approx(0.02 * conditions.num_burnin_steps)
    assert len(longer.trace) == conditions.num_draws


@pytest.mark.parametrize("num_draws", [60, 70])
def test_the_draws_in_the_conditions_are_those_that_were_averaged(num_draws: int):
    sizes = {"num_burnin_steps": 20, "num_draws": num_draws, "max_draws": num_draws}
    law = {"step_size": 1e-3, "localization": 10.0, "batch_size": 10}
    reading = cpbench.llc(linear_net([np.eye(4, 6)]), *vectors(100), **sizes, **law)
    # Each row of the trace stands for equally many steps.
    assert reading.conditions.num_draws % len(reading.trace) == 0


def test_what_is_given_is_taken_and_what_is_not_is_recorded():
    given = of_formula(bowl, nbeta=7.0, localization=3.0, step_size=1e-2, num_draws=20).conditions
    assert (given.nbeta, given.localization, given.step_size) == (7.0, 3.0, 1e-2)
    assert given.equilibration == pytest.approx(1e-2 * 3.0 * 600 / 2)
    found = of_formula(bowl, nbeta=7.0, num_draws=20).conditions
    assert found.step_size * found.localization * 600 / 2 == pytest.approx(4)


def test_nbeta_is_by_default_n_over_ln_n():
    reading = cpbench.llc(
        linear_net([np.eye(4, 6)]), *vectors(100), num_burnin_steps=1, num_draws=20, max_draws=20
    )
    assert reading.conditions.nbeta == pytest.approx(100 / math.log(100))


def test_the_conditions_describe_data_and_weights():
    examples = regression_data([np.ones((1, 4))], 60, 0.5, random())
    inputs, targets = tensors(examples)
    model = linear_net([np.ones((1, 4))])
    once = {"num_burnin_steps": 1, "num_draws": 20, "max_draws": 20}
    reading = cpbench.llc(model, inputs, targets, "squared_error", **once)
    conditions, errors = reading.conditions, (inputs.sum(1) - targets[:, 0]).double()
    assert (conditions.num_examples, conditions.num_weights) == (60, 4)
    assert conditions.loss == pytest.approx(errors.square().mean().item() / 2)
    assert conditions.weight_norm == pytest.approx(2)
    gradient = (errors[:, None] * inputs).mean(0)
    assert conditions.gradient_norm == pytest.approx(gradient.norm().item(), rel=1e-4)
    other = cpbench.llc(model, inputs + 1e-3, targets, "squared_error", **once).conditions.data
    assert conditions.data != other
    assert len(conditions.data) == 64
