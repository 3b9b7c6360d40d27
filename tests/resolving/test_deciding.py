from collections.abc import Callable, Mapping

import numpy as np
import pytest

from cpbench.quantities import Readings, Series
from cpbench.records.plans import Condition
from cpbench.resolving import Study, resolve
from cpbench.specs.claims import BinaryClaim

GRID = np.array([0, 10, 20, 40, 60, 80, 120, 160, 240, 320, 480.0])
DIGESTS = {"p": "a" * 64}
Evidence = Mapping[str, Study]


def readings(values: np.ndarray) -> Readings:
    return Readings(values, np.zeros(values.shape, dtype=np.bool_))


def series(
    arm: str, end: float, *, seeds: int = 6, spread: float = 0.0, drop: float = 8.0
) -> Series:
    """A stick that falls from 88 by `drop` until `end`, seeds' own ends off by up to `spread`."""
    ends = end + spread * np.linspace(-1, 1, seeds)[:, None]
    curve = 88 - drop * np.minimum(GRID / ends, 1)
    conditions = tuple(
        Condition(
            arm=arm,
            control="",
            point="",
            onset=0,
            removal=int(epoch),
            epochs=int(epoch) + 100,
            steps=1,
            steps_at_removal=int(epoch),
            examples_at_removal=1,
            lr_at_removal=0.1,
            lr_steps_left=1.0,
            final_lr=0.1,
        )
        for epoch in GRID
    )
    accuracy = {"": readings(curve), "no_deficit": readings(np.full(curve.shape, 88.0))}
    return Series("p", arm, "test_accuracy", tuple(range(seeds)), GRID, conditions, accuracy, {})


def evidence(**arms: Series) -> Evidence:
    return {"p": Study("p", DIGESTS["p"], arms, ())}


def claim(text: str, **resolution: object) -> BinaryClaim:
    rule = {"rule": "decisive", "on_divergence": "drop"} | resolution
    return BinaryClaim.model_validate(
        {"id": "c", "title": "C", "type": "binary", "claim": text, "resolution": rule}
    )


@pytest.fixture
def outcome() -> Callable[..., tuple[str, str]]:
    def settle(text: str, found: Evidence, **resolution: object) -> tuple[str, str]:
        told = resolve(claim(text, **resolution), DIGESTS, found).outcome
        return told.state, told.reason.split(":")[0]

    return settle


def test_a_clear_order_is_yes_and_its_reverse_no():
    found = evidence(a=series("a", 120, spread=20), b=series("b", 60, spread=20))
    told = resolve(claim("end(p.a) > end(p.b)"), DIGESTS, found)
    assert (told.outcome.state, told.outcome.probability, told.outcome.sign_count) == (
        "yes",
        1.0,
        "6 of 6",
    )
    assert [value.expr for value in told.values] == ["end(p.a)", "end(p.b)"]
    reverse = resolve(claim("end(p.a) < end(p.b)"), DIGESTS, found).outcome
    assert (reverse.state, reverse.probability, reverse.sign_count) == ("no", 0.0, "0 of 6")


def test_an_order_within_the_noise_is_ambiguous_and_says_how_sure():
    a = series("a", 100, spread=20)
    # The same curves on other seeds: the means are equal, the draws are not.
    b = a._replace(arm="b", accuracy={**a.accuracy, "": readings(a.accuracy[""].values[::-1])})
    told = resolve(claim("half(p.a) > half(p.b)"), DIGESTS, evidence(a=a, b=b)).outcome
    assert told.state == "ambiguous"
    assert told.probability is not None
    assert 0.05 < told.probability < 0.95
    assert told.reason.startswith("holds in")


def test_the_point_rule_takes_one_seed_when_told_to(outcome: Callable[..., tuple[str, str]]):
    found = evidence(a=series("a", 120, seeds=1), b=series("b", 60, seeds=1))
    assert outcome("end(p.a) > end(p.b)", found, rule="point", min_seeds=1) == ("yes", "")
    assert outcome("end(p.a) > end(p.b)", found) == ("annulled", "insufficient_seeds")


def test_an_end_beyond_the_sweep_decides_what_it_can(outcome: Callable[..., tuple[str, str]]):
    found = evidence(
        late=series("late", 470), early=series("early", 60), other=series("other", 460)
    )
    assert outcome("end(p.late) > end(p.early)", found) == ("yes", "")
    assert outcome("end(p.late) > end(p.other)", found)[0] == "ambiguous"


def test_a_curve_without_a_drop_annuls_a_claim_about_its_end(
    outcome: Callable[..., tuple[str, str]],
):
    found = evidence(flat=series("flat", 60, drop=0.0), a=series("a", 60))
    assert outcome("end(p.flat) > end(p.a)", found) == ("annulled", "no_drop")
    assert outcome("end(p.flat) > end(p.a) or end(p.a) > 0", found) == ("yes", "")
    assert outcome("end(p.late) > 0", found) == ("annulled", "claim_invalid")
    assert outcome("damage(p.a, at=47) > 0", found) == ("annulled", "claim_invalid")
    assert outcome("never(p.a) > 0", found) == ("annulled", "control_missing")


def test_evidence_that_is_not_there_yet_leaves_a_claim_pending(
    outcome: Callable[..., tuple[str, str]],
):
    assert outcome("end(p.a) > 0", {}) == ("pending", "p has no plan yet")
    assert outcome("end(p.a) > 0", {"p": Study("p", DIGESTS["p"], {}, ())}) == (
        "pending",
        "p has no results yet",
    )


def test_another_protocol_than_the_registered_one_annuls(outcome: Callable[..., tuple[str, str]]):
    changed = {"p": Study("p", "b" * 64, {"a": series("a", 60)}, ())}
    assert outcome("end(p.a) > 0", changed) == ("annulled", "protocol_changed")


def with_hole(control: str, *, diverged: bool) -> Evidence:
    whole = series("a", 60)
    values, blown = (array.copy() for array in whole.accuracy[control])
    values[2, 5], blown[2, 5] = np.nan, diverged
    return evidence(a=whole._replace(accuracy={**whole.accuracy, control: Readings(values, blown)}))


def test_a_missing_run_waits_or_annuls_as_registered(outcome: Callable[..., tuple[str, str]]):
    found = with_hole("", diverged=False)
    assert outcome("end(p.a) > 0", found) == ("pending", "1 of 66 runs have no result")
    assert outcome("end(p.a) > 0", found, missing="annul") == ("annulled", "runs_missing")


def test_a_run_that_no_quantity_needs_may_be_missing(outcome: Callable[..., tuple[str, str]]):
    found = with_hole("no_deficit", diverged=False)
    assert outcome("end(p.a) > 0", found) == ("yes", "")
    assert outcome("half(p.a) > 0", found)[0] == "pending"


def test_a_diverged_run_is_not_missing(outcome: Callable[..., tuple[str, str]]):
    found = with_hole("", diverged=True)
    assert outcome("end(p.a) > 0", found) == ("yes", "")
    assert outcome("end(p.a) > 0", found, min_seeds=6) == ("annulled", "insufficient_seeds")
    assert outcome("final_accuracy(p.a, removal=80) > 79%", found, on_divergence="drop") == (
        "yes",
        "",
    )
    assert outcome(
        "final_accuracy(p.a, removal=80) > 79%", found, on_divergence="worst", rule="point"
    ) == ("no", "")


def test_resolving_twice_is_resolving_once():
    a, b = series("a", 100, spread=30), series("b", 104, spread=30)
    found = evidence(
        a=a, b=b._replace(accuracy={**b.accuracy, "": readings(b.accuracy[""].values[::-1])})
    )
    text = claim("end(p.a) > end(p.b)")
    assert resolve(text, DIGESTS, found) == resolve(text, DIGESTS, found)
