"""Finding a quantity: by what it means, however its defaults are written."""

from cpbench.records.scores import Scores
from cpbench.records.series import Series, Value
from cpbench.report.lookups import about_protocol, of_protocol, quantity


def with_values(series: Series, *exprs: str) -> Series:
    values = tuple(
        Value(expr=expr, value=float(index), unit="epoch", status="ok", n_seeds=3)
        for index, expr in enumerate(exprs)
    )
    return series.model_copy(update={"quantities": values})


def found(series: Series, name: str, **arguments: str) -> float | None:
    value = quantity(series, name, **arguments)
    return value.value if value else None


def test_arguments_tell_quantities_of_one_name_apart(scores: Scores):
    exprs = ("end(p.a, axis=steps)", "end(p.a, estimator=drop90)", "end(p.a)", "half(p.a)")
    series = with_values(scores.series[0], *exprs)
    assert found(series, "end") == 2
    assert found(series, "end", axis="steps") == 0
    assert found(series, "end", estimator="drop90") == 1
    assert found(series, "half") == 3


def test_a_default_that_is_written_out_means_the_same(scores: Scores):
    series = with_values(scores.series[0], "end(p.a, estimator=broken_stick_flat, axis=epochs)")
    assert found(series, "end") == 0


def test_what_was_not_stated_is_not_found(scores: Scores):
    assert found(with_values(scores.series[0], "half(p.a)"), "end") is None


def test_a_page_gets_its_own_arms_and_claims(scores: Scores):
    assert [one.arm for one in of_protocol(scores.series, "digits_decay")] == ["main"]
    assert [claim.id for claim in about_protocol(scores.claims, "digits_decay")] == ["decay_ends"]
