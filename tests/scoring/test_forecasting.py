"""Forecasts of every form against outcomes of every type."""

import math

import numpy as np
import pytest

from cpbench.ledger import TheoryFacts, ToldForecast
from cpbench.records.scores import Outcome
from cpbench.records.series import Value
from cpbench.scoring.forecasting import scored
from cpbench.scoring.losses import baseline_loss
from cpbench.specs.claims import BinaryClaim, CategoricalClaim, Claim, NumericClaim
from cpbench.specs.forecasts import ForecastSpec

RULE = {"rule": "decisive", "on_divergence": "drop"}
ABOUT = {"id": "c", "title": "C", "resolution": RULE}
BINARY = BinaryClaim.model_validate({**ABOUT, "type": "binary", "claim": "end(p) > 0"})
NUMERIC = NumericClaim.model_validate(
    {**ABOUT, "type": "numeric", "quantity": "end(p)", "unit": "epoch", "bounds": [0, 200]}
)
OPTIONS = [{"name": name, "when": "end(p) > 0"} for name in ("sooner", "same", "later")]
CATEGORICAL = CategoricalClaim.model_validate(
    {**ABOUT, "type": "categorical", "options": OPTIONS, "ordered": True}
)


def outcome(state: str, **fields: object) -> Outcome:
    return Outcome.model_validate({"state": state, "rule": "r", **fields})


def value(number: float) -> Outcome:
    found = Value(expr="end(p)", value=number, unit="epoch", status="ok", n_seeds=5)
    return outcome("value", value=found)


def told(by: str = "ann", theory: str = "", **form: object) -> ToldForecast:
    spec = ForecastSpec.model_validate({"by": by, "claim": "c", **form}) if form else None
    facts = (
        TheoryFacts.model_validate({"version": "1", "information": theory, "code": "a" * 64})
        if theory
        else None
    )
    return ToldForecast(
        by, spec, 1, is_late=False, is_withdrawn=False, sealed=spec is None, theory=facts
    )


def scores(claim: Claim, came: Outcome, **form: object) -> dict[str, float]:
    (record,) = scored([told(**form)], claim, came)
    return record.scores


def test_a_probability_has_every_binary_score():
    found = scores(BINARY, outcome("yes"), p=0.7)
    assert found == {
        "brier": pytest.approx(0.09),
        "log_loss": pytest.approx(0.356675, abs=1e-6),
        "spherical_loss": pytest.approx(1 - 0.919145, abs=1e-6),
        "baseline_score": pytest.approx(48.5427, abs=1e-4),
    }
    assert scores(BINARY, outcome("no"), p=0.7)["brier"] == pytest.approx(0.49)


def test_a_claim_that_is_its_share_of_draws_scores_by_the_share():
    assert scores(BINARY, outcome("value", fraction=0.6), p=0.6)["brier"] == pytest.approx(0.24)


def test_options_have_every_categorical_score():
    found = scores(
        CATEGORICAL,
        outcome("option", option="same"),
        probs={"sooner": 0.6, "same": 0.3, "later": 0.1},
    )
    assert found == {
        "brier_sum": pytest.approx(0.86),
        "log_loss": pytest.approx(1.203973, abs=1e-6),
        "spherical_loss": pytest.approx(1 - 0.442326, abs=1e-6),
        "baseline_score": pytest.approx(100 * (1 + math.log(0.3) / math.log(4))),
        "rps": pytest.approx(0.37),
    }


def test_options_that_come_out_as_shares_score_by_the_shares():
    probs = {"sooner": 0.6, "same": 0.3, "later": 0.1}
    came = outcome("value", shares={"sooner": 0.5, "same": 0.5, "later": 0.0, "other": 0.0})
    found = scores(CATEGORICAL, came, probs=probs)
    assert found["brier_sum"] == pytest.approx((0.26 + 0.86) / 2)
    assert found["rps"] == pytest.approx((0.17 + 0.37) / 2)


def test_the_option_nobody_wrote_is_scored_beside_the_order():
    probs = {"sooner": 0.6, "same": 0.3, "later": 0.0, "other": 0.1}
    found = scores(CATEGORICAL, outcome("option", option="other"), probs=probs)
    assert found["rps"] == pytest.approx(0.9**2)
    found = scores(CATEGORICAL, outcome("option", option="same"), probs=probs)
    assert found["rps"] == pytest.approx(0.1**2 + (2 / 3) ** 2)
    only_other = {"sooner": 0.0, "same": 0.0, "later": 0.0, "other": 1.0}
    found = scores(CATEGORICAL, outcome("option", option="same"), probs=only_other)
    assert found["rps"] == pytest.approx(1 + 2 / 9)


@pytest.mark.parametrize(
    "belief", [(0.6, 0.2, 0.1, 0.1), (0.1, 0.1, 0.1, 0.7), (0.0, 0.5, 0.5, 0.0)]
)
def test_no_other_forecast_expects_a_lower_ranked_score_than_the_belief(
    belief: tuple[float, ...],
):
    names = CATEGORICAL.names

    def expected(said: tuple[float, ...]) -> float:
        probs = dict(zip(names, said, strict=True))
        losses = [
            scores(CATEGORICAL, outcome("option", option=name), probs=probs)["rps"]
            for name in names
        ]
        return sum(p * loss for p, loss in zip(belief, losses, strict=True))

    rng = np.random.default_rng(0)
    others = [tuple(map(float, rng.dirichlet(np.ones(4)))) for _ in range(200)]
    assert all(expected(belief) <= expected(other) + 1e-9 for other in others)


@pytest.mark.parametrize(
    ("form", "rule", "loss"),
    [
        ({"normal": {"mean": 120.0, "sd": 20.0}}, "crps", 5.587470),
        ({"interval": {"lower": 100.0, "upper": 140.0, "coverage": 0.8}}, "interval_score", 40.0),
        ({"point": 120.0}, "absolute_error", 6.8),
        (
            {"quantiles": {"0.1": 90.0, "0.25": 105.0, "0.5": 120.0, "0.75": 140.0, "0.9": 170.0}},
            "wis",
            8.06,
        ),
    ],
)
def test_each_numeric_form_has_its_own_score_and_that_of_the_grid(
    form: dict[str, object], rule: str, loss: float
):
    found = scores(NUMERIC, value(113.2), **form)
    assert found.keys() == {rule, "wis_on_grid"}
    assert found[rule] == pytest.approx(loss, abs=1e-5)


@pytest.mark.parametrize("state", ["ambiguous", "annulled", "pending"])
def test_a_claim_that_did_not_come_out_scores_nobody(state: str):
    for claim, form in ((BINARY, {"p": 0.7}), (NUMERIC, {"point": 1.0})):
        (record,) = scored([told(**form)], claim, outcome(state, reason="r"))
        assert (record.scores, record.loss) == ({}, None)
        assert baseline_loss(claim, outcome(state, reason="r")) is None


def test_late_and_withdrawn_forecasts_are_kept_and_not_scored():
    late = told(p=0.9)._replace(is_late=True)
    gone = told("bob", p=0.2)._replace(is_withdrawn=True)
    first, second = scored([late, gone], BINARY, outcome("yes"))
    assert (first.late, first.scores, second.withdrawn, second.scores) == (True, {}, True, {})


def test_a_seal_that_is_never_opened_scores_the_worst_there_is():
    for came, brier in ((outcome("yes"), 1.0), (outcome("no"), 1.0)):
        (record,) = scored([told()], BINARY, came)
        assert (record.sealed, record.brier, record.clipped) == ("unrevealed", brier, True)
        assert record.scores["log_loss"] == pytest.approx(6.907755, abs=1e-6)
    (record,) = scored([told()], CATEGORICAL, outcome("option", option="sooner"))
    assert record.scores["brier_sum"] == pytest.approx(2.0)
    (record,) = scored([told()], NUMERIC, value(60.0))
    assert record.sealed == "unrevealed"
    assert record.scores["absolute_error"] == pytest.approx(140.0)
    assert record.loss == pytest.approx(140.0)
    boundless = NUMERIC.model_copy(update={"bounds": None})
    (record,) = scored([told()], boundless, value(60.0))
    assert (record.sealed, record.scores) == ("unrevealed", {})


def test_a_closed_seal_moves_nobody_elses_points():
    people = [told("a", p=0.8), told("b", p=0.6)]
    alone = scored(people, BINARY, outcome("yes"))
    beside = scored([*people, told("eve")], BINARY, outcome("yes"))
    assert [each.scores for each in beside[:2]] == [each.scores for each in alone]
    assert "peer_score" not in beside[2].scores


def test_a_seal_is_closed_while_the_claim_is_open_and_revealed_when_it_is_told():
    (record,) = scored([told()], BINARY, outcome("pending", reason="r"))
    assert (record.sealed, record.text) == ("sealed", "sealed")
    (record,) = scored([told(p=0.7)._replace(sealed=True)], BINARY, outcome("yes"))
    assert (record.sealed, record.brier) == ("revealed", pytest.approx(0.09))


def test_peers_are_those_with_the_same_information():
    people = [told("a", p=0.8), told("b", p=0.6), told("c", p=0.5)]
    records = scored([*people, told("uniform", "spec", p=0.5)], BINARY, outcome("yes"))
    found = [each.scores.get("peer_score") for each in records]
    assert found[:3] == [pytest.approx(each, abs=1e-4) for each in (37.8843, -5.2680, -32.6163)]
    assert found[3] is None


def test_forecasts_are_told_in_words_with_their_unit():
    forms = [
        ({"point": 12.0}, "12 epoch"),
        ({"normal": {"mean": 12.0, "sd": 3.0}}, "12 ± 3 epoch"),
        ({"interval": {"lower": 1.0, "upper": 2.0, "coverage": 0.8}}, "[1, 2] at 80% epoch"),
        ({"quantiles": {"0.1": 1.0, "0.5": 2.0, "0.9": 3.0}}, "0.1: 1, 0.5: 2, 0.9: 3 epoch"),
    ]
    for form, words in forms:
        assert scored([told(**form)], NUMERIC, value(1.0))[0].text == words
    (record,) = scored([told(p=0.7)], BINARY, outcome("pending", reason="r"))
    assert (record.text, record.ranked_as) == ("0.7", "")
    probs = {"sooner": 0.5, "same": 0.25, "later": 0.25}
    (record,) = scored([told(probs=probs)], CATEGORICAL, outcome("pending", reason="r"))
    assert record.text == "sooner 0.5, same 0.25, later 0.25, other 0"


def test_skill_on_a_number_is_proper():
    rng = np.random.default_rng(0)
    outcomes = rng.normal(150, 20, size=4000).clip(0, 200)

    def mean(center: float, sd: float) -> float:
        (record,) = scored([told(normal={"mean": center, "sd": sd})], NUMERIC, value(100.0))
        grid = np.array(list(record.quantiles.values()))
        levels = np.arange(1, 10) / 10
        above = outcomes[:, None] - grid
        loss = 2 * np.where(above > 0, levels * above, (levels - 1) * above).mean(axis=1)
        baseline = [baseline_loss(NUMERIC, value(float(each))) for each in outcomes[:3]]
        assert len(set(baseline)) == 1
        return float(loss.mean())

    honest = mean(150, 20)
    assert all(honest < mean(*other) for other in ((130, 16), (150, 12), (165, 20), (140, 30)))


def test_what_the_common_grid_assumes_is_said():
    forms = [({"point": 1.0}, "a point is sure"), ({"normal": {"mean": 1.0, "sd": 1.0}}, "")]
    for form, words in forms:
        (record,) = scored([told(**form)], NUMERIC, value(1.0))
        assert record.ranked_as.startswith(words)
        assert bool(record.ranked_as) == bool(words)


def test_the_baseline_is_the_uniform_forecast_of_the_type():
    assert baseline_loss(BINARY, outcome("no")) == pytest.approx(0.25)
    came = outcome("option", option="other")
    # Quarters: (1 − ¼)² where `other` happens, else ¼² and a ranked score of 5/9, 2/9 or 5/9.
    ranked = [1 / 16 + 5 / 9, 1 / 16 + 2 / 9, 1 / 16 + 5 / 9, 9 / 16]
    assert baseline_loss(CATEGORICAL, came) == pytest.approx(sum(ranked) / 4)
    unordered = CATEGORICAL.model_copy(update={"ordered": False})
    assert baseline_loss(unordered, came) == pytest.approx(0.75**2 + 3 * 0.25**2)
    assert baseline_loss(unordered, outcome("pending", reason="r")) is None
    # What the uniform's quantiles 20, 40, …, 180 lose on average over values spread evenly.
    even = {f"{level / 10:g}": 20.0 * level for level in range(1, 10)}
    losses = [
        scores(NUMERIC, value(number + 0.5), quantiles=even)["wis_on_grid"] for number in range(200)
    ]
    assert baseline_loss(NUMERIC, value(3.0)) == pytest.approx(sum(losses) / 200, rel=1e-3)
    unbounded = NUMERIC.model_copy(update={"bounds": None})
    assert baseline_loss(unbounded, value(100.0)) is None
