import math
from statistics import fmean, geometric_mean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpbench.scoring.rules import binary, categorical
from cpbench.scoring.rules.relative import baseline_score, peer_scores, skill

LOSSES = st.lists(st.floats(0.001, 7), min_size=2, max_size=10)


def nats(p: float, outcome: int) -> float:
    return binary.log_loss(p, outcome=outcome).nats


@pytest.mark.parametrize(
    ("p", "outcome", "points"),
    [(0.7, 1, 48.5427), (0.7, 0, -73.6966), (0.0, 1, -896.5784), (0.5, 1, 0), (0.5, 0, 0)],
)
def test_a_binary_forecast_has_the_reference_points_against_one_half(
    p: float, outcome: int, points: float
):
    assert baseline_score(nats(p, outcome), num_options=2) == pytest.approx(points, abs=5e-5)


@pytest.mark.parametrize(("outcome", "points"), list(enumerate((53.5026, -9.5903, -109.5903))))
def test_three_options_have_the_reference_points_against_a_third(outcome: int, points: float):
    loss = categorical.log_loss((0.6, 0.3, 0.1), outcome=outcome).nats
    assert baseline_score(loss, num_options=3) == pytest.approx(points, abs=5e-5)


@pytest.mark.parametrize("num_options", [0, 1])
def test_nothing_is_forecast_with_one_option(num_options: int):
    with pytest.raises(ValueError, match="2 or more"):
        baseline_score(0.5, num_options=num_options)


@pytest.mark.parametrize(
    ("outcome", "points"),
    [(1, (37.8843, -5.2680, -32.6163)), (0, (-80.4719, 23.5002, 56.9717))],
)
def test_three_forecasters_have_the_reference_points_against_each_other(
    outcome: int, points: tuple[float, ...]
):
    found = peer_scores([nats(p, outcome) for p in (0.8, 0.6, 0.5)])
    assert found == pytest.approx(points, abs=5e-5)


@given(LOSSES)
def test_peer_scores_sum_to_zero_and_both_of_their_forms_agree(losses: list[float]):
    found = peer_scores(losses)
    assert found is not None
    assert sum(found) == pytest.approx(0, abs=1e-9)
    given_to_it = [math.exp(-loss) for loss in losses]
    factor = 100 * len(losses) / (len(losses) - 1)
    by_mean = [factor * math.log(p / geometric_mean(given_to_it)) for p in given_to_it]
    others = [losses[:place] + losses[place + 1 :] for place in range(len(losses))]
    leaving_out = [100 * (fmean(them) - own) for own, them in zip(losses, others, strict=True)]
    assert found == pytest.approx(by_mean, abs=1e-9)
    assert found == pytest.approx(leaving_out, abs=1e-9)


@pytest.mark.parametrize("losses", [[], [0.5]])
def test_a_lone_forecaster_has_no_peers(losses: list[float]):
    assert peer_scores(losses) is None


def test_half_the_loss_of_the_baseline_is_a_skill_of_one_half():
    assert skill([0.12], [0.25]) == pytest.approx(0.52)
    assert skill([0.04, 0.20], [0.25, 0.25]) == pytest.approx(0.52)
    assert skill([0.5], [0.25]) == pytest.approx(-1)


def test_skill_is_a_ratio_of_means_and_not_a_mean_of_ratios():
    assert skill([0.2, 0.1], [0.01, 0.59]) == pytest.approx(0.5)
    assert fmean([1 - 0.2 / 0.01, 1 - 0.1 / 0.59]) < -9


@given(LOSSES)
def test_the_baseline_itself_has_no_skill(losses: list[float]):
    assert skill(losses, losses) == pytest.approx(0)


@pytest.mark.parametrize(("losses", "baseline"), [([], []), ([0.1], [0.0]), ([0.0], [0.0])])
def test_skill_against_nothing_is_none(losses: list[float], baseline: list[float]):
    assert skill(losses, baseline) is None


def test_skill_needs_the_baseline_on_the_same_claims():
    with pytest.raises(ValueError, match="2 losses against 1"):
        skill([0.1, 0.2], [0.25])
