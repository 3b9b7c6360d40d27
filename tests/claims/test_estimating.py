import pytest

from cpbench.claims import calls, estimators_of, parse, parse_quantity, with_estimator


def test_a_call_comes_under_every_estimator_its_own_first():
    [call] = calls(parse_quantity("end(p, estimator=drop90, axis=steps)"))
    assert [each.text for each in estimators_of(call)] == [
        "end(p, axis=steps, estimator=drop90)",
        "end(p, axis=steps)",
        "end(p, axis=steps, estimator=logistic)",
    ]


@pytest.mark.parametrize("text", ["budget_at_end(p, in=lr)", "shift_per_doubling(p.a, q)"])
def test_whatever_rests_on_the_end_has_estimators(text: str):
    [call] = calls(parse_quantity(text))
    assert len({each.text for each in estimators_of(call)}) == 3


def test_a_quantity_without_estimator_has_none_and_is_left_as_it_is():
    event = parse("half(p, floor=tail) > 3 epoch")
    assert estimators_of(calls(event)[0]) == ()
    assert with_estimator(event, "logistic") == event


def test_a_floor_and_its_level_go_with_levels_only():
    quantity = parse_quantity("end(p, estimator=drop90, floor=absolute, level=80%)")
    assert with_estimator(quantity, "drop90") == quantity
    assert with_estimator(quantity, "logistic") == parse_quantity("end(p, estimator=logistic)")
    assert with_estimator(quantity, "broken_stick_flat") == parse_quantity("end(p)")


def test_every_call_of_a_claim_is_replaced_wherever_it_stands():
    text = "not (end(p{0}) - 2 * end(q{0}) > 3 epoch and half(p) > 0) or -end(r{0}) < 0"
    replaced = with_estimator(parse(text.format("")), "logistic")
    assert replaced == parse(text.format(", estimator=logistic"))


def test_an_unknown_estimator_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="did you mean 'drop90'"):
        with_estimator(parse("end(p) > 0"), "drop_90")
