"""Three-valued logic over samples: true, false, or not known (Kleene 1952, strong tables)."""

from typing import NamedTuple

from cpbench.quantities import Flags, Floats


class Interval(NamedTuple):
    """A number known to lie in [low, high] in each sample; NaN: nothing is known."""

    low: Floats
    high: Floats


class Truth(NamedTuple):
    """Whether an event holds in each sample; where neither field is set it is not known."""

    is_true: Flags
    is_false: Flags


def negation(part: Truth) -> Truth:
    """Return not part."""
    return Truth(part.is_false, part.is_true)


def conjunction(left: Truth, right: Truth) -> Truth:
    """Return left and right: one false part decides."""
    return Truth(left.is_true & right.is_true, left.is_false | right.is_false)


def disjunction(left: Truth, right: Truth) -> Truth:
    """Return left or right: one true part decides."""
    return negation(conjunction(negation(left), negation(right)))


def compared(left: Interval, operator: str, right: Interval) -> Truth:
    """Return left operator right: known only where every pair of values in the intervals agrees."""
    match operator:
        case ">":
            return Truth(left.low > right.high, left.high <= right.low)
        case ">=":
            return Truth(left.low >= right.high, left.high < right.low)
        case "<":
            return compared(right, ">", left)
        case _:
            return compared(right, ">=", left)


def clearly(left: Interval, operator: str, right: Interval, margin: float) -> Truth:
    """Return left operator right, not known where the two may lie within the margin of each other.

    Within a margin > and ≥ are one: practical equivalence does not tell them apart.

    Args:
        left: One number.
        operator: `>`, `>=`, `<` or `<=`.
        right: Another, in the same unit.
        margin: At least 0; at 0 only an exact tie is not known.
    """
    if operator in {"<", "<="}:
        return clearly(right, ">", left, margin)
    return Truth(left.low > right.high + margin, right.low > left.high + margin)
