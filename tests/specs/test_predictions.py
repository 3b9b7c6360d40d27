from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cpbench.specs.claims import CategoricalClaim, NumericClaim, Resolution
from cpbench.specs.forecasts import ForecastSpec
from cpbench.specs.predictions import Prediction, faults
from cpbench.specs.stakes import Pool, Stake, cents_of

POINT = {"rule": "point", "on_divergence": "worst"}
LATER = {
    "id": "later",
    "title": "Later",
    "type": "binary",
    "claim": "end(p) > 0",
    "resolution": POINT,
}
OPTIONS = [{"name": name, "when": "end(p) > 0"} for name in ("sooner", "later")]
WHEN = {**LATER, "id": "when", "type": "categorical", "options": OPTIONS, "ordered": True}
HOW_MUCH = {**LATER, "id": "how_much", "type": "numeric", "quantity": "end(p)", "unit": "epoch"}
del WHEN["claim"], HOW_MUCH["claim"]
PREDICTION = {
    "id": "bet",
    "about": {"title": "A bet"},
    "exposure": "piloted",
    "claims": (LATER, WHEN, HOW_MUCH),
}


def prediction(**changes: object) -> Prediction:
    return Prediction.model_validate(PREDICTION | changes)


def found(**changes: object) -> list[tuple[str, str]]:
    told = faults(prediction(**changes))
    return [(".".join(map(str, each.place)), each.message) for each in told]


def test_what_is_for_people_is_in_no_digest():
    other = {"title": "Another title", "notes": "and notes"}
    assert prediction().digest == prediction(about=other).digest


def test_what_is_claimed_is_in_the_digest():
    assert prediction().digest != prediction(exposure="seen").digest


def test_what_is_not_written_is_not_in_the_digest_either():
    rule = Resolution.model_validate(POINT).json_value()
    assert rule.keys() == {
        "rule", "level", "min_seeds", "max_undefined", "missing", "on_divergence",
    }  # fmt: skip


@given(st.integers(min_value=1, max_value=10**9))
def test_a_stake_in_whole_cents_is_those_cents(cents: int):
    stake = Stake(yes="ann", no="bob", odds="even", stake=cents / 100, currency="USD")
    assert stake.amounts == (cents, cents)


@pytest.mark.parametrize("amount", [0.0, -1.0, 1e308, float("inf"), float("nan"), 0.001])
def test_an_amount_that_is_no_money_is_refused(amount: float):
    with pytest.raises(ValueError, match="stake"):
        cents_of(amount)


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"p": 0.5, "point": 1.0},
        {"p": 1.1},
        {"probs": {"a": 0.5, "b": 0.6}},
        {"quantiles": {"0.5": 1.0}},
        {"quantiles": {"0.1": 1.0, "0.2": 2.0, "0.9": 3.0}},
        {"quantiles": {"0.1": 3.0, "0.5": 2.0, "0.9": 1.0}},
        {"quantiles": {"NaN": 1.0, "0.5": 2.0, "0.9": 3.0}},
        {"quantiles": {"1e-400": 1.0, "0.5": 2.0, "0.9": 3.0}},
        {"quantiles": {"half": 1.0, "0.5": 2.0, "0.9": 3.0}},
        {"quantiles": {"0.5": 1.0, "0.50": 2.0, "0.9": 3.0}},
        {"quantiles": {"0.1": 1.0, "0.5": 2.0, "0.5000000001": 3.0}},
        {"normal": {"mean": 1.0, "sd": 0.0}},
        {"normal": {"mean": 1e308, "sd": 1.0}},
        {"interval": {"lower": 2.0, "upper": 1.0, "coverage": 0.8}},
        {"interval": {"lower": 1.0, "upper": 2.0, "coverage": 1e-20}},
        {"point": 1e13},
    ],
)
def test_a_forecast_that_is_none_is_refused(form: dict[str, object]):
    with pytest.raises(ValidationError):
        ForecastSpec.model_validate({"by": "ann", "claim": "c", **form})


def test_quantiles_are_kept_in_order_of_their_levels():
    said = ForecastSpec(by="ann", claim="c", quantiles={"0.90": 3.0, "0.5": 2.0, ".1": 1.0})
    assert said.quantiles == {"0.1": 1.0, "0.5": 2.0, "0.9": 3.0}
    assert said.form == "quantiles"


@pytest.mark.parametrize(
    "changes",
    [
        {"missing": "drop"},
        {"max_missing": 0.1},
        {"rule": "decisive", "tie": "yes"},
        {"deadline": "tomorrow"},
        {"draws": "jackknife"},
        {"agree": ["kneedle"]},
    ],
)
def test_a_resolution_that_contradicts_itself_is_refused(changes: dict[str, object]):
    with pytest.raises(ValidationError):
        Resolution.model_validate(POINT | changes)


def test_a_margin_is_hashed_in_the_singular():
    assert Resolution.model_validate(POINT | {"margin": "10 epochs"}).margin == "10 epoch"
    assert Resolution.model_validate(POINT | {"margin": "10 lr_steps"}).margin == "10 lr_steps"


def test_bounds_and_options_must_make_sense():
    with pytest.raises(ValidationError, match="not in order"):
        NumericClaim.model_validate(HOW_MUCH | {"bounds": [2.0, 1.0]})
    for names in (("a", "a"), ("a", "other")):
        options = [{"name": name, "when": "end(p) > 0"} for name in names]
        with pytest.raises(ValidationError, match="there twice"):
            CategoricalClaim.model_validate(WHEN | {"options": options})
    assert CategoricalClaim.model_validate(WHEN).names == ("sooner", "later", "other")


def test_a_forecast_answers_its_claim_in_its_form_and_once():
    told = found(
        forecasts=[
            {"by": "ann", "claim": "late", "p": 0.5},
            {"by": "ann", "claim": "later", "point": 1.0},
            {"by": "bob", "claim": "later", "p": 0.5},
            {"by": "bob", "claim": "later", "p": 0.6},
            {"by": "ann", "claim": "when", "probs": {"sooner": 0.5, "latter": 0.5}},
        ]
    )
    assert [place for place, _ in told] == [
        "forecasts.0.claim",
        "forecasts.1.point",
        "forecasts.4.probs.latter",
        "forecasts.4.probs",
        "forecasts.3.by",
    ]
    assert "did you mean 'later'" in told[0][1]
    assert told[1][1] == "does not answer a binary claim; write p"
    assert "did you mean 'later'" in told[2][1]
    assert told[3][1].startswith("says nothing of later")


@pytest.mark.parametrize(
    ("form", "place", "words"),
    [
        (
            {"point": 4000.0},
            "forecasts.0.point",
            "4000 percent is outside of the bounds 10 to 100; write a value between them",
        ),
        (
            {"point": 0.8},
            "forecasts.0.point",
            "0.8 percent is outside of the bounds 10 to 100; did you mean 80?",
        ),
        ({"point": 0.05}, "forecasts.0.point", "write a value between them"),
        ({"normal": {"mean": 0.82, "sd": 0.1}}, "forecasts.0.normal.mean", "did you mean 82?"),
        (
            {"interval": {"lower": 70.0, "upper": 180.0, "coverage": 0.8}},
            "forecasts.0.interval.upper",
            "180 percent is outside",
        ),
        (
            {"quantiles": {"0.1": 5.0, "0.5": 50.0, "0.9": 90.0}},
            "forecasts.0.quantiles.0.1",
            "5 percent is outside",
        ),
    ],
)
def test_a_forecast_of_what_the_claim_calls_impossible_is_refused(
    form: dict[str, object], place: str, words: str
):
    claim = HOW_MUCH | {"unit": "percent", "bounds": [10.0, 100.0]}
    told = found(claims=[claim], forecasts=[{"by": "ann", "claim": claim["id"], **form}])
    assert [where for where, _ in told] == [place]
    assert words in told[0][1]


@pytest.mark.parametrize(
    ("claim", "form"),
    [
        ({"unit": "percent"}, {"point": 0.8}),
        ({"unit": "percent", "bounds": [0.0, 100.0]}, {"point": 0.8}),
        ({"unit": "pp", "bounds": [-1.0, 1.0]}, {"normal": {"mean": 1.0, "sd": 5.0}}),
        ({"unit": "1", "bounds": [0.0, 1.0]}, {"quantiles": {"0.1": 0.0, "0.5": 0.5, "0.9": 1.0}}),
    ],
)
def test_a_forecast_that_may_come_true_is_taken_as_it_is_written(
    claim: dict[str, object], form: dict[str, object]
):
    asked = HOW_MUCH | claim
    assert not found(claims=[asked], forecasts=[{"by": "ann", "claim": asked["id"], **form}])


def test_a_plain_number_out_of_bounds_has_no_unit_to_name():
    claim = HOW_MUCH | {"unit": "1", "bounds": [0.0, 1.0]}
    told = found(claims=[claim], forecasts=[{"by": "ann", "claim": claim["id"], "point": 2.0}])
    assert told[0][1].startswith("2 is outside of the bounds 0 to 1;")


def stake(**changes: object) -> dict[str, object]:
    return {"yes": "ann", "no": "bob", "odds": "even", "stake": 10.0, "currency": "USD"} | changes


def test_a_bet_is_between_two_and_written_once():
    claims = [LATER | {"stakes": [stake(), stake(), stake(no="ann")]}]
    assert found(claims=claims) == [
        (
            "claims.0.stakes.1",
            "this bet is written twice; keep one, or change its amount",
        ),
        ("claims.0.stakes.2.no", "'ann' bets against itself; name another party"),
    ]


def pool(kind: str, *bets: dict[str, Any]) -> dict[str, Any]:
    told = [{"stake": 10.0} | bet for bet in bets]
    return Pool.model_validate({"kind": kind, "currency": "USD", "bets": told}).json_value()


def test_a_pool_has_the_sides_of_its_claim():
    sides = pool("parimutuel", {"by": "ann", "on": "yes"}, {"by": "bob", "on": "later"})
    assert [place for place, _ in found(claims=[LATER | {"pool": sides}])] == [
        "claims.0.pool.bets.1.on"
    ]
    assert [place for place, _ in found(claims=[WHEN | {"pool": sides}])] == [
        "claims.0.pool.bets.0.on"
    ]
    assert [place for place, _ in found(claims=[HOW_MUCH | {"pool": sides}])] == ["claims.0.pool"]


def test_a_scored_pool_takes_forecasts_and_each_party_once():
    bets = pool("scored", {"by": "ann", "on": "yes"}, {"by": "bob"}, {"by": "bob"})
    told = found(
        claims=[LATER | {"pool": bets}], forecasts=[{"by": "ann", "claim": "later", "p": 0.5}]
    )
    assert [place for place, _ in told] == [
        "claims.0.pool.bets.0.on",
        "claims.0.pool.bets.1.by",
        "claims.0.pool.bets.2.by",
        "claims.0.pool.bets.2.by",
    ]
