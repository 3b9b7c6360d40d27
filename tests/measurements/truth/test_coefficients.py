"""Learning coefficients against worked values, against each other and against their own limits."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import permutations, product

import pytest

from cpbench.errors import UsageError
from cpbench.measurements.truth import (
    LearningCoefficient,
    deep_linear,
    normal_crossing,
    reduced_rank,
    reduced_rank_at,
    regular,
    sum_of_powers,
)


def two_layer_nets() -> Iterator[tuple[int, int, int, int]]:
    for inputs, hidden, outputs in product(range(1, 9), repeat=3):
        for rank in range(min(inputs, hidden, outputs) + 1):
            yield inputs, hidden, outputs, rank


def test_the_two_theorems_agree_wherever_both_apply():
    nets = list(two_layer_nets())
    agreed = [reduced_rank(*widths, rank) == deep_linear(widths, rank) for *widths, rank in nets]
    assert (len(nets), sum(agreed)) == (1808, 1808)


@pytest.mark.parametrize(
    ("sizes", "value", "multiplicity"),
    [
        ((5, 3, 5, 0), Fraction(13, 2), 2),
        ((5, 3, 5, 2), Fraction(19, 2), 2),
        ((5, 4, 5, 3), Fraction(23, 2), 2),
        ((4, 3, 8, 0), Fraction(6), 1),
        ((3, 8, 4, 2), Fraction(6), 1),
        ((50, 20, 10, 5), Fraction(175), 1),
    ],
)
def test_reduced_rank_regression_has_its_worked_values(
    sizes: tuple[int, int, int, int], value: Fraction, multiplicity: int
):
    assert reduced_rank(*sizes) == LearningCoefficient(value, multiplicity)


@pytest.mark.parametrize(
    ("widths", "rank", "value", "multiplicity"),
    [
        ((4, 4, 4), 2, Fraction(15, 2), 1),
        ((5, 5, 5, 5), 2, Fraction(11), 1),
        ((6, 5, 4, 5, 6), 3, Fraction(29, 2), 2),
        ((10, 8, 6, 8, 10), 4, Fraction(71, 2), 1),
        ((100,) * 6, 30, Fraction(4020), 1),
        ((3072, 512, 512, 10), 5, Fraction(8957), 2),
        ((3072, 512, 512, 10), 10, Fraction(15360), 1),
    ],
)
def test_deep_linear_nets_have_their_worked_values(
    widths: tuple[int, ...], rank: int, value: Fraction, multiplicity: int
):
    assert deep_linear(widths, rank) == LearningCoefficient(value, multiplicity)


@pytest.mark.parametrize("depth", range(1, 7))
def test_a_chain_of_single_weights_is_a_normal_crossing(depth: int):
    assert deep_linear((1,) * (depth + 1), 0) == normal_crossing([1] * depth)


def test_a_single_linear_layer_is_regular():
    assert deep_linear((7, 3), 2) == regular(21)


def test_the_order_of_hidden_layers_does_not_matter():
    found = {deep_linear((6, *hidden, 5), 2) for hidden in permutations((3, 4, 8))}
    assert len(found) == 1


def test_a_hidden_layer_much_wider_than_the_rest_costs_nothing():
    assert deep_linear((4, 5, 90, 3), 2) == deep_linear((4, 5, 3), 2)


@pytest.mark.parametrize(
    ("powers", "priors", "value", "multiplicity"),
    [
        ([1, 1], None, Fraction(1, 2), 2),
        ([1, 2], None, Fraction(1, 4), 1),
        ([3, 0, 3], None, Fraction(1, 6), 2),
        ([1, 2], [0, 1], Fraction(1, 2), 2),
        ([2], [4], Fraction(5, 4), 1),
    ],
)
def test_a_normal_crossing_has_the_least_pole_and_its_order(
    powers: list[int], priors: list[int] | None, value: Fraction, multiplicity: int
):
    assert normal_crossing(powers, priors) == LearningCoefficient(value, multiplicity)


def test_a_sum_of_powers_adds_its_directions():
    assert sum_of_powers([1, 2]) == LearningCoefficient(Fraction(3, 4), 1)
    assert sum_of_powers([1] * 9) == regular(9)


@pytest.mark.parametrize(
    ("ranks", "expected"),
    [((4, 1), 14), ((4, 2), 14), ((5, 1), Fraction(31, 2)), ((3, 1), Fraction(27, 2))],
)
def test_layers_of_higher_rank_than_their_product_have_the_worked_local_values(
    ranks: tuple[int, int], expected: Fraction
):
    assert reduced_rank_at(6, 5, 6, 1, *ranks).value == expected


def test_the_local_value_is_least_where_both_layers_have_the_rank_of_the_product():
    for inputs, hidden, outputs, rank in two_layer_nets():
        least = reduced_rank(inputs, hidden, outputs, rank)
        assert reduced_rank_at(inputs, hidden, outputs, rank, rank, rank) == least
        if max(inputs, hidden, outputs) > 5:
            continue
        for a, b in product(
            range(rank, min(inputs, hidden) + 1), range(rank, min(hidden, outputs) + 1)
        ):
            if a + b - hidden <= rank:
                local = reduced_rank_at(inputs, hidden, outputs, rank, a, b)
                assert local.value >= least.value


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: regular(0),
        lambda: normal_crossing([0, 0]),
        lambda: normal_crossing([]),
        lambda: normal_crossing([1, -1]),
        lambda: normal_crossing([1, 1], [0]),
        lambda: sum_of_powers([]),
        lambda: sum_of_powers([1, 0]),
        lambda: reduced_rank(5, 3, 5, 4),
        lambda: reduced_rank(5, 0, 5, 0),
        lambda: reduced_rank_at(5, 3, 5, 1, 4, 1),
        lambda: reduced_rank_at(5, 3, 5, 1, 3, 3),
        lambda: reduced_rank_at(5, 3, 5, 2, 1, 2),
        lambda: deep_linear((5,), 1),
        lambda: deep_linear((5, 4, 3), -1),
    ],
)
def test_sizes_that_make_no_model_are_refused(wrong: Callable[[], LearningCoefficient]):
    with pytest.raises(UsageError):
        wrong()
