import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpbench.scoring.rules import brier

PROBABILITY = st.floats(0, 1)


def test_seven_tenths_scores_nine_hundredths_or_forty_nine():
    assert brier(0.7, outcome=True) == pytest.approx(0.09)
    assert brier(0.7, outcome=False) == pytest.approx(0.49)


@given(PROBABILITY, PROBABILITY)
def test_the_belief_itself_expects_the_least_loss(belief: float, other: float):
    def expected(said: float) -> float:
        return belief * brier(said, outcome=True) + (1 - belief) * brier(said, outcome=False)

    assert expected(belief) <= expected(other) + 1e-12


@given(PROBABILITY)
def test_saying_it_the_other_way_round_changes_nothing(p: float):
    assert brier(p, outcome=True) == pytest.approx(brier(1 - p, outcome=False))


@given(PROBABILITY, st.booleans())
def test_an_independent_implementation_agrees(p: float, outcome: bool):  # noqa: FBT001
    scoringrules = pytest.importorskip("scoringrules")
    assert brier(p, outcome=outcome) == pytest.approx(
        float(scoringrules.brier_score(np.array(float(outcome)), p))
    )
