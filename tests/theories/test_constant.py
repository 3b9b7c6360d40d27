"""Laws of one clock, on the 2023 bet and on plans made by hand."""

import math
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

from cpbench.quantities.series import Series
from cpbench.specs.theories import LawSpec
from cpbench.theories import AbstentionError
from cpbench.theories.clocks import CLOCKS, dial_of
from cpbench.theories.constant import Constant, law
from cpbench.theories.shelf import BUILT_IN

B64, B128 = ("lw_bet_2023", "b64"), ("lw_bet_2023", "b128")
END = "end({}, estimator=drop90, floor=tail)"
END_64, END_128 = END.format("lw_bet_2023.b64"), END.format("lw_bet_2023.b128")
OUTCOME = 151.88
THEORIES = {each.name: each for each in BUILT_IN}
# judge.md §2.5: mean, CRPS of N(mean, 20), Brier on "64 later".
TRUTH = {
    "epochs": (113.19, 27.81, 0.250),
    "lr/batch_size": (135.95, 9.49, 0.016),
    "epochs*batch_size": (226.38, 63.22, 0.000),
}


def crps_normal(mean: float, sd: float, outcome: float) -> float:
    z, normal = (outcome - mean) / sd, NormalDist()
    return sd * (z * (2 * normal.cdf(z) - 1) + 2 * normal.pdf(z) - 1 / math.sqrt(math.pi))


def written(of: str, sd: float) -> Constant:
    return law(LawSpec.model_validate({"id": "mine", "law": "constant", "of": of, "sd": sd}))


@pytest.fixture
def known(context: Any, bet: Any) -> Any:
    """What a theory sees of the bet when the 128 curve was declared as known."""
    curves, series = bet
    return context("reference", curves, known={B128: series[B128]})


@pytest.mark.parametrize("of", TRUTH)
def test_the_bet_rewards_the_wrong_theory_and_its_numeric_companion_does_not(
    of: str, question: Any, known: Any
):
    mean, crps, brier = TRUTH[of]
    exact = written(of, 1e-9).forecast(question("numeric", END_64), known).quantiles
    assert exact is not None
    assert exact["0.5"] == pytest.approx(mean, abs=0.01)
    assert crps_normal(exact["0.5"], 20, OUTCOME) == pytest.approx(crps, abs=0.01)
    said = written(of, 20.0).forecast(question("numeric", END_64), known).quantiles
    assert said is not None
    assert said["0.5"] == pytest.approx(mean, abs=1.5)
    assert said["0.9"] - said["0.1"] == pytest.approx(2 * 1.2816 * 20, rel=0.05)
    later = written(of, 20.0).forecast(question("binary", f"{END_64} > {END_128}"), known)
    assert later.p is not None
    assert (1 - later.p) ** 2 == pytest.approx(brier, abs=0.012)
    assert later.note == f"{of} at the end as in lw_bet_2023.b128"


def test_a_built_in_law_errs_by_twenty_epochs_on_sweeps_as_long_as_the_bets(
    question: Any, known: Any
):
    asked = question("numeric", END_64)
    assert THEORIES["constant_temperature"].forecast(asked, known).quantiles == (
        written("lr/batch_size", 20.0).forecast(asked, known).quantiles
    )


def test_on_a_short_sweep_a_built_in_law_errs_by_a_tenth_of_it(
    question: Any, context: Any, curve: Any
):
    seen = context(
        "reference", {("p", "a"): curve([0, 25, 50], 4), ("p", "b"): curve([0, 25, 50], 4)}
    )
    asked = question("numeric", "end(p.a) - end(p.b)")
    said = THEORIES["persistence"].forecast(asked, seen).quantiles
    assert said is not None
    assert said["0.9"] - said["0.1"] == pytest.approx(2 * 1.2816 * 5 * math.sqrt(2), rel=0.1)


def test_temperature_and_lr_budget_are_one_theory_while_the_rate_decays_by_epochs(
    question: Any, known: Any
):
    asked = question("binary", f"{END_64} > {END_128}")
    said = [
        THEORIES[name].forecast(asked, known).p
        for name in ("constant_temperature", "constant_lr_budget")
    ]
    assert said[0] == pytest.approx(said[1], abs=0.02)


def test_without_a_reference_laws_still_order_two_ends(question: Any, context: Any, curve: Any):
    # Half the batch: twice the steps per epoch.
    sweep = [0, 20, 40, 80, 160, 320]
    curves = {("p", "small"): curve(sweep, 8), ("p", "large"): curve(sweep, 4)}
    seen = context("reference", curves)
    later = question("binary", "end(p.small) > end(p.large)")
    said = {name: THEORIES[name].forecast(later, seen) for name in THEORIES if "_st" in name}
    persistence = THEORIES["persistence"].forecast(later, seen)
    assert persistence.p == pytest.approx(0.5, abs=0.03)
    assert said["constant_steps"].p == pytest.approx(0.08, abs=0.08)
    assert THEORIES["constant_lr_budget"].forecast(later, seen).p == pytest.approx(0.79, abs=0.06)
    assert said["constant_steps"].note == "steps the same at every end, not known where"
    assert seen.used == "spec"
    assert seen.shown == {}


def test_equal_steps_are_equal_steps_on_the_axis_of_steps(question: Any, context: Any, curve: Any):
    curves = {("p", "a"): curve([0, 40, 400], 8), ("p", "b"): curve([0, 40, 400], 2)}
    seen = context("reference", curves)
    theory = written("steps", 1e-9)
    ratio = question("binary", "0.99 < end(p.a, axis=steps) / end(p.b, axis=steps) < 1.01")
    assert theory.forecast(ratio, seen).p == pytest.approx(1, abs=0.001)
    budget = question(
        "binary", "budget_at_end(p.a, in=steps) < 1.01 * budget_at_end(p.b, in=steps)"
    )
    assert theory.forecast(budget, seen).p == pytest.approx(1, abs=0.001)
    lr = question("binary", "budget_at_end(p.a, in=lr) > budget_at_end(p.b, in=lr)")
    assert theory.forecast(lr, seen).p == pytest.approx(1, abs=0.001)
    # The batch of b is four times that of a, and so are its epochs: E_b − E_a = 3·E_a.
    shift = question("numeric", "shift_per_doubling(p.a, p.b) / end(p.a)", unit="fraction")
    said = theory.forecast(shift, seen).quantiles
    assert said is not None
    assert said["0.5"] == pytest.approx(1.5, abs=0.01)


def test_a_shift_per_doubling_needs_two_batch_sizes(question: Any, context: Any, curve: Any):
    curves = {("p", "a"): curve([0, 20, 40], 8), ("p", "b"): curve([0, 20, 40], 8)}
    asked = question("numeric", "shift_per_doubling(p.a, p.b)")
    with pytest.raises(AbstentionError, match="do not differ in their batch size"):
        THEORIES["persistence"].forecast(asked, context("reference", curves))


def test_a_clock_that_stands_still_tells_no_removal_from_another(
    question: Any, context: Any, curve: Any
):
    curves = {("p", arm): curve([0, 40, 80], 8, decay=1.0) for arm in ("a", "b")}
    asked = question("binary", "end(p.a) > end(p.b)")
    with pytest.raises(AbstentionError, match=r"lr/batch_size tells no removal of p\.a from"):
        THEORIES["constant_temperature"].forecast(asked, context("reference", curves))
    both = written("steps", 20.0).forecast(asked, context("reference", curves))
    assert both.p == pytest.approx(0.5, abs=0.03)


def test_sweeps_that_show_no_common_reading_say_nothing(question: Any, context: Any, curve: Any):
    curves = {("p", "a"): curve([0, 10, 20], 1), ("p", "b"): curve([0, 30, 60], 1)}
    with pytest.raises(AbstentionError, match="no epochs is within the sweep of every series"):
        THEORIES["persistence"].forecast(
            question("binary", "end(p.a) > end(p.b)"), context("reference", curves)
        )


def test_a_reference_of_use_needs_a_clock_that_moves_on_the_other_side(
    question: Any, context: Any, curve: Any, bet: Any
):
    curves, series = bet
    flat = {("p", "a"): curve([0, 40, 80], 8, decay=1.0), B128: curves[B128]}
    seen = context("reference", flat, known={B128: series[B128]})
    with pytest.raises(AbstentionError, match=r"lr/batch_size tells no removal of p\.a"):
        THEORIES["constant_temperature"].forecast(
            question("numeric", "end(p.a, estimator=drop90, floor=tail)"), seen
        )


def test_a_table_that_does_not_say_how_it_was_trained_has_only_epochs(
    question: Any, context: Any, curve: Any
):
    silent = tuple(
        each.model_copy(update={"steps_at_removal": None}) for each in curve([0, 40, 80], 8)
    )
    seen = context("reference", {("p", "a"): silent, ("p", "b"): curve([0, 40, 80], 8)})
    asked = question("binary", "end(p.a) > end(p.b)")
    assert THEORIES["persistence"].forecast(asked, seen).p is not None
    with pytest.raises(AbstentionError, match=r"steps is not known along the sweep of p\.a"):
        THEORIES["constant_steps"].forecast(asked, seen)


def test_what_is_declared_as_known_is_no_forecast(question: Any, context: Any, bet: Any):
    curves, series = bet
    seen = context("reference", curves, known=series)
    with pytest.raises(AbstentionError, match="every series it names is declared as known"):
        THEORIES["persistence"].forecast(question("binary", f"{END_64} > {END_128}"), seen)


def test_a_reference_whose_end_the_results_do_not_tell_is_none(
    question: Any, context: Any, bet: Any
):
    curves, series = bet
    # Only the fall was run: the stick has no plateau, so its end is bounded from below only.
    short = cut(series[B128], 5)
    seen = context("reference", curves, known={B128: short})
    said = THEORIES["constant_steps"].forecast(
        question("binary", "end(lw_bet_2023.b64) > end(lw_bet_2023.b128)"), seen
    )
    assert said.note == "steps the same at every end, not known where"
    assert seen.used == "reference"


def test_a_known_series_of_another_protocol_serves_where_there_is_no_nearer_one(
    question: Any, context: Any, curve: Any, bet: Any
):
    curves, series = bet
    seen = context(
        "reference", {**curves, ("q", "main"): curve([0, 50, 300], 8)}, known={B128: series[B128]}
    )
    said = written("epochs", 1e-9).forecast(
        question("numeric", "end(q, estimator=drop90, floor=tail)"), seen
    )
    assert said.quantiles is not None
    assert said.quantiles["0.5"] == pytest.approx(113.19, abs=0.01)
    assert seen.shown == {"lw_bet_2023": "d" * 64}


@pytest.mark.parametrize("name", CLOCKS)
def test_a_clock_read_at_an_epoch_leads_back_to_it(name: Any, context: Any, bet: Any):
    dial = dial_of(CLOCKS[name], B128, context("spec", bet[0]))
    epochs = np.array([0.5, 17.0, 113.19, 215.0, 230.0])
    assert dial.epochs_at(dial.at(epochs)) == pytest.approx(epochs, abs=1e-6)


def test_a_claim_about_something_else_is_left_alone(question: Any, known: Any):
    asked = question("binary", "plateau(lw_bet_2023.b64) > plateau(lw_bet_2023.b128)")
    with pytest.raises(AbstentionError, match="says nothing of plateau"):
        THEORIES["persistence"].forecast(asked, known)


def cut(series: Series, num_removals: int) -> Series:
    accuracy = {
        name: each._replace(
            values=each.values[:, :num_removals], diverged=each.diverged[:, :num_removals]
        )
        for name, each in series.accuracy.items()
    }
    return series._replace(
        removals=series.removals[:num_removals],
        conditions=series.conditions[:num_removals],
        accuracy=accuracy,
    )
