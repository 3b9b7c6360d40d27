"""One seed, no spread; numbers that are none; and what old claims are decided by."""

from typing import Any

import numpy as np
import pytest

from cpbench.quantities import Readings

Lab = Any  # the class stands in conftest.py, which tests cannot import


@pytest.mark.parametrize("rule", ["decisive", "probabilistic"])
@pytest.mark.parametrize("draws", ["student", "resample"])
def test_one_seed_decides_nothing_but_by_point(lab: Lab, rule: str, draws: str):
    one = lab.series("a", 120, seeds=[0])
    told = lab.outcome(lab.binary("end(p.a) > 0", rule=rule, draws=draws, min_seeds=1), one)
    assert (told.state, told.probability, told.fraction) == ("ambiguous", None, None)
    assert "one seed has no spread" in told.reason


def test_a_number_without_end_is_no_number(lab: Lab):
    claim = lab.numeric("end(p.a) * 1e308 * 1e308", rule="point")
    told = lab.outcome(claim, lab.series("a", 120))
    assert told.state in {"ambiguous", "annulled"}
    assert told.value is not None
    assert (told.value.status, told.value.value) == ("invalid", None)


def test_what_a_sounder_draw_would_say_stands_beside_an_old_claim_and_not_beside_a_new_one(
    lab: Lab,
):
    a = lab.series("a", 120, seeds=range(3))
    values, diverged = a.accuracy[""]
    spread = np.array([0.0, 1.0, -1.0])[:, None] * 1.2
    noisy = a._replace(accuracy={**a.accuracy, "": Readings(values + spread, diverged)})
    text = "final_accuracy(p.a, removal=480) > 78.6%"
    old = lab.outcome(lab.binary(text), noisy)
    assert (old.state, old.caution.partition(",")[0]) == ("yes", "drawn by Student's t")
    assert "ambiguous" in old.caution
    new = lab.outcome(lab.binary(text, draws="student"), noisy)
    assert (new.state, new.caution) == ("ambiguous", "")


def test_where_estimators_disagree_nothing_is_said_of_the_draws(lab: Lab):
    claim = lab.binary("end(p.a) < 110 epoch", agree=["broken_stick_flat", "drop90"])
    told = lab.outcome(claim, lab.series("a", 115, spread=0.0))
    assert told.reason.startswith("estimators disagree")
    assert told.caution == ""
