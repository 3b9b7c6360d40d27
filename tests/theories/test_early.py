"""Theories that watch the first epochs."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cpbench.records.results import Row
from cpbench.theories import AbstentionError
from cpbench.theories.early import Course, settled_at
from cpbench.theories.shelf import BUILT_IN

THEORIES = {each.name: each for each in BUILT_IN}
EPOCHS = (0, 10, 20, 40, 80)
LN_10 = np.log(10)


def readings(
    arm: str, name: str, value: Callable[[int], float], *, control: str = "", **fields: Any
) -> list[Row]:
    epochs = fields.pop("epochs", EPOCHS)
    return [
        Row(
            "p",
            arm,
            control,
            f"removal={epoch}",
            epoch,
            0,
            seed,
            fields.get("measurement", "m"),
            "removal",
            epoch,
            name,
            value(epoch) + (0.01 if seed else -0.01),
            "nat",
            fields.get("status", "ok"),
        )
        for epoch in epochs
        for seed in (0, 1)
    ]


def settling(tau: float, *, level: float = 0.5, size: float = 2.0) -> Callable[[int], float]:
    return lambda epoch: level + size * float(np.exp(-epoch / tau))


@pytest.fixture
def seen(context: Any, curve: Any) -> Any:
    """An early context with two series and these readings."""
    curves = {("p", arm): curve([0, 40, 80, 400], 8) for arm in ("a", "b")}
    return lambda *rows: context("early", curves, early=[row for each in rows for row in each])


def test_the_loss_that_settles_later_ends_later(question: Any, seen: Any):
    loss = "train_loss_under_deficit"
    found = seen(readings("a", loss, settling(60)), readings("b", loss, settling(20)))
    theory = THEORIES["early_loss_plateau"]
    said = theory.forecast(question("binary", "end(p.a) > end(p.b)"), found)
    assert said.p is not None
    assert said.p > 0.99
    assert said.note == "where train_loss_under_deficit settles"
    number = theory.forecast(question("numeric", "end(p.a)"), found).quantiles
    assert number is not None
    assert number["0.5"] == pytest.approx(60 * LN_10, abs=3)
    assert (found.used, set(found.shown)) == ("early", {"p"})


def test_the_llc_is_watched_along_the_run_without_deficit(question: Any, seen: Any):
    theory = THEORIES["llc_plateau"]
    rising = settling(30, level=50, size=-40)
    asked = question("numeric", "end(p.a)")
    epochs = (1, 10, 20, 40, 80)
    found = readings("a", "llc", rising, control="no_deficit", epochs=epochs)
    said = theory.forecast(asked, seen(found)).quantiles
    assert said is not None
    assert said["0.5"] == pytest.approx(30 * LN_10, abs=3)
    with pytest.raises(AbstentionError, match=r"llc of p\.a was read at 0 epochs"):
        theory.forecast(asked, seen(readings("a", "llc", rising)))
    flagged = readings("a", "llc", rising, control="no_deficit", status="flagged(x)")
    with pytest.raises(AbstentionError, match=r"llc of p\.a was read at 0 epochs"):
        theory.forecast(asked, seen(flagged))


def test_of_two_measurements_the_one_that_read_more_often_is_taken(question: Any, seen: Any):
    good = readings("a", "llc", settling(30, size=-1), control="no_deficit", epochs=(1, *EPOCHS))
    few = readings(
        "a", "llc", lambda _: 7.0, control="no_deficit", epochs=(5,), measurement="other"
    )
    said = THEORIES["llc_plateau"].forecast(question("numeric", "end(p.a)"), seen(few, good))
    assert said.quantiles is not None


def test_a_reading_that_does_not_settle_says_nothing(question: Any, seen: Any):
    loss = "train_loss_under_deficit"
    theory, asked = THEORIES["early_loss_plateau"], question("numeric", "end(p.a)")
    for value in (lambda epoch: 9.0 - 0.1 * epoch, settling(30, size=-2.0)):
        with pytest.raises(AbstentionError, match=rf"{loss} of p\.a does not settle"):
            theory.forecast(asked, seen(readings("a", loss, value)))
    few = readings("a", loss, settling(30), epochs=(0, 10, 20))
    with pytest.raises(AbstentionError, match="was read at 3 epochs up to 100; 4 are needed"):
        theory.forecast(asked, seen(few))


def test_a_fit_finds_the_time_it_was_made_with():
    epochs = np.array(EPOCHS, dtype=float)
    course = Course(epochs, 0.5 + 2 * np.exp(-epochs / 25))
    assert settled_at(course, falls=True) == pytest.approx(25 * LN_10, rel=0.02)
    assert settled_at(course, falls=False) is None


def test_the_fisher_information_is_at_its_peak_where_it_is_largest(question: Any, seen: Any):
    theory, asked = THEORIES["fisher_peak"], question("numeric", "end(p.a)")
    peak = readings("a", "fisher_trace", lambda epoch: -abs(epoch - 40.0))
    said = theory.forecast(asked, seen(peak)).quantiles
    assert said is not None
    assert said["0.5"] == pytest.approx(40, abs=2)
    rising = readings("a", "fisher_trace", float)
    with pytest.raises(AbstentionError, match=r"fisher_trace of p\.a has no peak yet"):
        theory.forecast(asked, seen(rising))
    with pytest.raises(AbstentionError, match="was read at 0 epochs"):
        theory.forecast(asked, seen())


@pytest.mark.parametrize("name", ["early_loss_plateau", "llc_plateau", "fisher_peak"])
def test_half_damage_is_not_where_anything_settles(name: str, question: Any, seen: Any):
    with pytest.raises(AbstentionError, match="not where it is half over"):
        THEORIES[name].forecast(question("numeric", "half(p.a)"), seen())
