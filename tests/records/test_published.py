import math
from pathlib import Path

import pytest

from cpbench.digests import digest
from cpbench.records.published import (
    UNCHECKED,
    published_controls,
    published_digest,
    published_notes,
    published_plan,
    published_removals,
    published_rows,
)
from cpbench.records.results import Row
from cpbench.specs.loading import load_published
from cpbench.specs.published import PublishedProtocol

SHIPPED = Path(__file__).parents[2] / "specs" / "protocols" / "lw_bet_2023.yaml"
TRAINING = {"batch_size": 64, "num_train": 100, "lr": 0.5, "lr_law": {"kind": "constant"}}
HALVING = {**TRAINING, "lr_law": {"kind": "exponential", "gamma": 0.5}}


def protocol(*, seeds: int = 1, baseline: str = "removal_0", **arm: object) -> PublishedProtocol:
    rows = [{"removal": 0, "accuracy": 90.0, "llc_at_removal": -3.5, "seed": 0}]
    rows += [{"removal": 2, "accuracy": 80.0, "llc": 7.0, "test_loss": 0.25, "seed": 0}]
    block = {
        "source": "Someone (2020)",
        "unit": "percent",
        "seeds": seeds,
        "baseline": baseline,
        "arms": {"a": {"total_epochs": 4, "rows": rows, **arm}},
    }
    return PublishedProtocol.model_validate(
        {"id": "table", "about": {"title": "T"}, "published": block}
    )


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)


def named(rows: tuple[Row, ...], name: str) -> list[tuple[str, int, str, int, float | None]]:
    return [
        (row.control, row.removal, row.at, row.epoch, row.value) for row in rows if row.name == name
    ]


def test_rows_become_tidy_results_with_accuracies_as_fractions():
    rows = published_rows(protocol(baseline="none"))
    assert named(rows, "test_accuracy") == [("", 0, "final", 4, 0.9), ("", 2, "final", 4, 0.8)]
    assert named(rows, "test_loss") == [("", 2, "final", 4, 0.25)]
    assert named(rows, "llc") == [("", 0, "removal", 0, -3.5), ("", 2, "final", 4, 7.0)]
    assert {(row.measurement, row.unit, row.status) for row in rows} == {
        ("accuracy", "fraction", "ok"),
        ("loss", "nat", "ok"),
        ("llc", "1", UNCHECKED),
    }


def test_fractions_stay_what_they_are():
    raw = protocol().model_dump()
    raw["published"] |= {"unit": "fraction"}
    for row in raw["published"]["arms"]["a"]["rows"]:
        row["accuracy"] /= 100
    rows = published_rows(PublishedProtocol.model_validate(raw))
    assert {row.value for row in rows if row.name == "test_accuracy"} == {0.9, 0.8}


def test_the_row_at_removal_0_serves_as_baseline_at_every_removal_only_where_that_is_written():
    rows = published_rows(protocol())
    assert [each for each in named(rows, "test_accuracy") if each[0]] == [
        ("no_deficit", 0, "final", 4, 0.9),
        ("no_deficit", 2, "final", 4, 0.9),
    ]
    assert not [row for row in rows if row.control and row.at == "removal"]
    assert published_controls(protocol()) == ("no_deficit",)
    assert published_controls(protocol(baseline="none")) == ()
    assert "no_deficit is the row at removal 0" in "\n".join(published_notes(protocol()))
    assert "no_deficit" not in "\n".join(published_notes(protocol(baseline="none")))


def test_controls_of_the_source_stand_at_every_removal_with_the_total_of_the_arm():
    own = protocol(
        baseline="no_deficit",
        no_deficit=[{"accuracy": 91.0}],
        never_removed=[{"accuracy": 50.0}],
    )
    assert published_controls(own) == ("no_deficit", "never_removed")
    controls = [row for row in published_rows(own) if row.control]
    assert {(row.control, row.removal, row.epoch, row.value) for row in controls} == {
        ("no_deficit", 0, 4, 0.91),
        ("no_deficit", 2, 4, 0.91),
        ("never_removed", 0, 4, 0.5),
        ("never_removed", 2, 4, 0.5),
    }
    cells = [(each.control, each.removal) for each in published_plan(own).conditions]
    assert len(set(cells)) == len(cells) == 6


def test_steps_and_learning_rates_follow_from_how_the_source_trained():
    at_two = published_plan(protocol(training=HALVING)).conditions[-1]
    assert (at_two.epochs, at_two.steps, at_two.steps_at_removal) == (4, 8, 4)
    assert at_two.examples_at_removal == 200
    assert at_two.lr_at_removal == pytest.approx(0.125)
    assert at_two.lr_steps_left == pytest.approx(2 * (0.125 + 0.0625))
    assert at_two.final_lr == pytest.approx(0.0625)
    constant = published_plan(protocol(training=TRAINING)).conditions[-1]
    assert constant.lr_steps_left == pytest.approx(2.0)


def test_every_law_of_a_source_is_followed_and_none_taken_for_a_constant():
    for law, rates in (
        ({"kind": "step", "factor": 0.5, "every": 3}, (0.5, 0.25)),
        ({"kind": "cosine", "floor": 0.1, "epochs": 4}, (0.3, 0.1 + 0.2 * (1 - 0.5**0.5))),
        ({"kind": "linear", "final": 0.1, "epochs": 4}, (0.3, 0.2)),
    ):
        at_two = published_plan(protocol(training=TRAINING | {"lr_law": law})).conditions[-1]
        assert (at_two.lr_at_removal, at_two.final_lr) == pytest.approx(rates, rel=1e-9)
        assert at_two.lr_steps_left == pytest.approx(2 * sum(rates), rel=1e-9)


def test_how_a_source_trained_stays_unknown_where_it_does_not_say():
    condition = published_plan(protocol()).conditions[0]
    unknown = {name for name, value in condition if _is_nan(value)}
    assert unknown == {
        "steps",
        "steps_at_removal",
        "examples_at_removal",
        "lr_at_removal",
        "lr_steps_left",
        "final_lr",
    }
    assert any(note.startswith("a: steps") for note in published_notes(protocol()))
    assert not any(note.startswith("a: ") for note in published_notes(protocol(training=TRAINING)))


def test_a_plan_has_the_runs_of_the_source_and_nothing_to_train():
    plan = published_plan(protocol(seeds=2))
    assert (plan.seeds, plan.arms, plan.metric) == ((0, 1), ("a",), "test_accuracy")
    assert len(plan.runs) == 2 * len(plan.conditions)
    assert (plan.segments, plan.epochs_naive, plan.epochs_shared) == ((), 0, 0)


def test_the_digest_is_that_of_the_block_and_not_of_what_is_for_people():
    one = protocol()
    other = one.model_copy(update={"about": one.about.model_copy(update={"notes": "more"})})
    assert published_plan(one).digest == published_digest(other)
    assert published_digest(one) == digest({"published": one.published.json_value()})
    assert published_digest(protocol(training=TRAINING)) != published_digest(one)


def test_the_shipped_bet_has_both_tables_and_keeps_what_was_never_removed_off_the_curve():
    bet = load_published(SHIPPED)
    rows = published_rows(bet)
    curve = [row for row in rows if row.name == "test_accuracy" and row.at == "final"]
    values = {row.value for row in curve if not row.control}
    assert len([row for row in curve if not row.control]) == 24
    assert not values & {0.5619, 0.5161}
    assert {(row.arm, row.value) for row in curve if row.control == "never_removed"} == {
        ("b64", 0.5619),
        ("b128", 0.5161),
    }
    assert published_removals(bet)[-1] == 440
    first = published_plan(bet).conditions[0]
    assert (first.arm, first.epochs, first.steps) == ("b128", 240, 240 * 391)
    # Σ lr·steps of the whole run: 391 · 0.05 · (1 − 0.97²⁴⁰)/0.03
    assert first.lr_steps_left == pytest.approx(391 * 0.05 * (1 - 0.97**240) / 0.03)
