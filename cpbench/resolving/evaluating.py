"""From a claim's syntax to its truth in every sample of seeds: interval arithmetic, then logic."""

from collections.abc import Mapping
from functools import reduce

import numpy as np

from cpbench.claims import (
    Call,
    Comparison,
    Event,
    Expression,
    Junction,
    Number,
)
from cpbench.quantities import Floats
from cpbench.resolving.truth import (
    Interval,
    Truth,
    clearly,
    compared,
    conjunction,
    disjunction,
    negation,
)

ANY_TIE = Number(0.0, "1")
"""The margin within which only equal numbers lie, whatever their unit."""


def evaluate(event: Event, known: Mapping[Call, Interval], margin: Number | None = None) -> Truth:
    """Return whether an event holds in each sample.

    Args:
        event: What is claimed.
        known: Every quantity the event names, in the same samples.
        margin: A difference so small that it decides nothing, in comparisons of its unit.
    """
    match event:
        case Comparison():
            pairs = zip(event.operands, event.operators, event.operands[1:], strict=False)
            return reduce(conjunction, (_compared(*pair, known, margin) for pair in pairs))
        case Junction():
            join = conjunction if event.word == "and" else disjunction
            return reduce(join, (evaluate(part, known, margin) for part in event.parts))
        case _:
            return negation(evaluate(event.part, known, margin))


def _compared(
    left: Expression,
    operator: str,
    right: Expression,
    known: Mapping[Call, Interval],
    margin: Number | None,
) -> Truth:
    numbers = number(left, known), number(right, known)
    if margin is None or not _applies(margin, left, right):
        return compared(numbers[0], operator, numbers[1])
    return clearly(numbers[0], operator, numbers[1], margin.value)


def _applies(margin: Number, left: Expression, right: Expression) -> bool:
    """A bare 0 takes the unit beside it; levels in percent differ by percentage points."""
    plain = [each for each in (left, right) if isinstance(each, Number) and each.is_bare_zero]
    units = {each.unit for each in (left, right) if each not in plain}
    differences = {"pp" if unit == "percent" else unit for unit in units}
    return margin is ANY_TIE or margin.unit in units | differences


def number(expression: Expression, known: Mapping[Call, Interval]) -> Interval:
    """Return a number in each sample, as the interval it is known to lie in."""
    match expression:
        case Number():
            value = np.array(expression.value)
            return Interval(value, value)
        case Call():
            return known[expression]
        case _:
            return _arithmetic(
                expression.operator,
                number(expression.left, known),
                number(expression.right, known),
            )


def _arithmetic(operator: str, left: Interval, right: Interval) -> Interval:
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        match operator:
            case "+":
                return Interval(left.low + right.low, left.high + right.high)
            case "-":
                return Interval(left.low - right.high, left.high - right.low)
            case "*":
                return _spanned(left, right)
            case _:
                return _divided(left, right)


def _divided(left: Interval, right: Interval) -> Interval:
    """Return left / right; nothing is known where the divisor may be zero."""
    is_safe = (right.low > 0) | (right.high < 0)
    inverse = Interval(
        np.where(is_safe, 1 / right.high, np.nan), np.where(is_safe, 1 / right.low, np.nan)
    )
    return _spanned(left, inverse)


def _spanned(left: Interval, right: Interval) -> Interval:
    """Return the least and the greatest product of the ends; zero times infinity bounds at zero."""
    products = np.stack([_product(a, b) for a in left for b in right])
    return Interval(products.min(axis=0), products.max(axis=0))


def _product(a: Floats, b: Floats) -> Floats:
    is_nothing = np.isnan(a) | np.isnan(b)
    product = a * b
    return np.where(np.isnan(product) & ~is_nothing, 0.0, product)
