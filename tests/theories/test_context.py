"""What a theory asks for beyond its information set, it does not get."""

from typing import Any

import pytest

from cpbench.records.plans import Condition, Plan
from cpbench.records.results import Row
from cpbench.records.scores import Outcome
from cpbench.theories import AbstentionError, Past
from cpbench.theories.context import EARLY_EPOCHS, early, name_of

PAST = Past("binary", Outcome(state="yes", rule="point"), ("q",))


def row(**fields: Any) -> Row:
    whole = {
        "protocol": "p",
        "arm": "a",
        "control": "",
        "point": "removal=40",
        "removal": 40,
        "onset": 0,
        "seed": 0,
        "measurement": "accuracy",
        "at": "removal",
        "epoch": 40,
        "name": "test_accuracy",
        "value": 0.5,
        "unit": "fraction",
        "status": "ok",
    }
    return Row(**(whole | fields))


ROW, KNOWN_ROW = row(), row(protocol="q", at="final", epoch=140)


@pytest.fixture
def asked(context: Any, curve: Any, bet: Any) -> Any:
    """Everything a context hands out to a theory that asks for all there is."""

    def everything(information: Any) -> Any:
        seen = context(
            information,
            {("p", "a"): curve([0, 40], 8)},
            known=bet[1],
            rows=[KNOWN_ROW],
            early=[ROW],
            past=[PAST],
        )
        got = len(seen.curve(("p", "a"))), len(seen.known()), seen.rows(), tuple(seen.past())
        return got, seen.used, set(seen.shown)

    return everything


def test_a_theory_of_the_spec_sees_no_result(asked: Any):
    assert asked("spec") == ((2, 0, (), ()), "spec", set())


def test_a_theory_with_a_reference_sees_what_was_declared_and_how_others_came_out(asked: Any):
    got, used, shown = asked("reference")
    assert got == (2, 2, (KNOWN_ROW,), (PAST,))
    assert (used, shown) == ("reference", {"lw_bet_2023", "q"})


def test_an_early_theory_sees_early_readings_only(asked: Any):
    assert asked("early") == ((2, 0, (ROW,), ()), "early", {"p"})


def test_a_context_holds_nothing_that_it_does_not_hand_out(context: Any, bet: Any):
    seen = context("spec", {}, known=bet[1], rows=[KNOWN_ROW], early=[ROW], past=[PAST])
    held = [value for name, value in vars(seen).items() if name != "_digests"]
    assert not any(value in ([KNOWN_ROW], [ROW], bet[1]) for value in held)
    assert seen._past() == ()


def test_a_series_without_removal_epochs_has_no_curve(context: Any):
    with pytest.raises(AbstentionError, match=r"p\.a has no removal epochs"):
        context("spec", {("p", "a"): ()}).curve(("p", "a"))


def test_the_arm_main_goes_without_saying():
    assert (name_of(("p", "main")), name_of(("p", "a"))) == ("p", "p.a")


def plan(*, epochs: int) -> Plan:
    condition = Condition(
        arm="a",
        control="",
        point="removal=40",
        onset=0,
        removal=40,
        epochs=epochs,
        steps=1,
        steps_at_removal=1,
        examples_at_removal=1,
        lr_at_removal=1.0,
        lr_steps_left=1.0,
        final_lr=1.0,
    )
    return Plan(
        protocol="p",
        digest="d",
        engine_version=1,
        dataset_sha256="",
        metric="test_accuracy",
        axes={},
        arms=("a",),
        controls=(),
        seeds=(0,),
        epochs_naive=0,
        epochs_shared=0,
        conditions=(condition,),
        runs=(),
        segments=(),
    )


@pytest.mark.parametrize(
    ("fields", "count"),
    [
        ({}, 1),
        ({"at": "every", "epoch": 20}, 1),
        ({"at": "every", "epoch": 41}, 0),
        ({"at": "final", "epoch": 40}, 0),
        ({"removal": EARLY_EPOCHS + 1, "epoch": EARLY_EPOCHS + 1}, 0),
        ({"arm": "another"}, 0),
    ],
    ids=str,
)
def test_early_is_before_the_removal_and_before_epoch_k(fields: Any, count: int):
    assert len(early(plan(epochs=140), [row(**fields)])) == count


def test_the_last_state_of_a_run_is_never_early():
    # Removed at its very end: the reading at the removal is how the run came out.
    assert early(plan(epochs=40), [ROW]) == ()
