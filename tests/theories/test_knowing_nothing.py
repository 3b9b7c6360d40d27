"""uniform and climatology: what other forecasters must beat."""

from typing import Any

import pytest

from cpbench.records.scores import Outcome
from cpbench.theories import AbstentionError, Past
from cpbench.theories.climatology import Climatology
from cpbench.theories.uniform import Uniform


def past(*states: str, kind: str = "binary") -> list[Past]:
    return [Past(kind, outcome(state), ("q",)) for state in states]


def outcome(state: str) -> Outcome:
    if state in {"yes", "no"}:
        return Outcome.model_validate({"state": state, "rule": "point"})
    return Outcome(state="option", option=state, rule="point")


def test_uniform_gives_every_outcome_the_same_chance(question: Any, context: Any):
    seen = context("spec", {})
    theory = Uniform()
    assert theory.forecast(question("binary", "end(p.a) > 0"), seen).p == 0.5
    probs = theory.forecast(question("categorical", "end(p) > 0", "half(p) > 0"), seen).probs
    assert probs == pytest.approx({"o0": 1 / 3, "o1": 1 / 3, "other": 1 / 3}, abs=1e-4)
    quantiles = theory.forecast(question("numeric", "end(p)", bounds=(-100, 100)), seen).quantiles
    assert quantiles is not None
    assert list(quantiles.values()) == pytest.approx([-80, -60, -40, -20, 0, 20, 40, 60, 80])


def test_uniform_says_nothing_of_a_number_without_bounds(question: Any, context: Any):
    with pytest.raises(AbstentionError, match="no bounds"):
        Uniform().forecast(question("numeric", "end(p)"), context("spec", {}))


def test_climatology_is_the_base_rate_of_its_type_by_jeffreys(question: Any, context: Any):
    found = [*past("yes", "yes", "no"), *past("o", "other", kind="categorical")]
    seen = context("reference", {}, past=found)
    said = Climatology().forecast(question("binary", "end(p.a) > 0"), seen)
    assert said.p == pytest.approx(2.5 / 4)
    assert said.note == "3 earlier binary claims"
    assert (seen.used, set(seen.shown)) == ("reference", {"q"})


def test_climatology_counts_a_fraction_as_such(question: Any, context: Any):
    share = Past("binary", Outcome(state="value", fraction=0.3, rule="probabilistic"), ("q",))
    seen = context("reference", {}, past=[share])
    said = Climatology().forecast(question("binary", "end(p.a) > 0"), seen)
    assert said.p == pytest.approx(0.8 / 2)


def test_options_share_only_the_rate_of_other(question: Any, context: Any):
    found = past("other", "x", "y", kind="categorical")
    seen = context("reference", {}, past=found)
    said = Climatology().forecast(question("categorical", "end(p) > 0", "half(p) > 0"), seen)
    assert said.probs == pytest.approx({"o0": 2.5 / 8, "o1": 2.5 / 8, "other": 1.5 / 4})


def test_without_a_past_climatology_is_uniform_and_needs_no_results(question: Any, context: Any):
    seen = context("reference", {})
    assert Climatology().forecast(question("binary", "end(p.a) > 0"), seen).p == 0.5
    assert seen.used == "spec"


def test_numbers_have_no_base_rate(question: Any, context: Any):
    with pytest.raises(AbstentionError, match="no common base rate"):
        Climatology().forecast(question("numeric", "end(p)"), context("reference", {}))
