"""From a claim's syntax to its truth in every sample of seeds: interval arithmetic, then logic."""

from collections.abc import Mapping
from functools import reduce

import numpy as np

from cpbench.claims import (
    Arithmetic,
    Call,
    Comparison,
    Event,
    Expression,
    Junction,
    Negation,
    Number,
)
from cpbench.quantities import Floats
from cpbench.resolving.truth import Interval, Truth, compared, conjunction, disjunction, negation


def evaluate(event: Event, known: Mapping[Call, Interval]) -> Truth:
    """Return whether an event holds in each sample.

    Args:
        event: What is claimed.
        known: Every quantity the event names, in the same samples.
    """
    match event:
        case Comparison():
            operands = [_number(operand, known) for operand in event.operands]
            pairs = zip(operands, event.operators, operands[1:], strict=False)
            return reduce(conjunction, (compared(*pair) for pair in pairs))
        case Junction():
            join = conjunction if event.word == "and" else disjunction
            return reduce(join, (evaluate(part, known) for part in event.parts))
        case Negation():
            return negation(evaluate(event.part, known))


def _number(expression: Expression, known: Mapping[Call, Interval]) -> Interval:
    match expression:
        case Number():
            value = np.array(expression.value)
            return Interval(value, value)
        case Call():
            return known[expression]
        case Arithmetic():
            return _arithmetic(
                expression.operator,
                _number(expression.left, known),
                _number(expression.right, known),
            )


def _arithmetic(operator: str, left: Interval, right: Interval) -> Interval:
    with np.errstate(invalid="ignore", divide="ignore"):
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
