"""Units are types: which numbers may be added, multiplied and compared, and what comes out.

A percent is a level, a pp a difference of levels: level − level = difference, level ± difference
= level, and a level is never compared with a difference. Plain numbers scale anything; like over
like is plain.
"""

from typing import Literal

from cpbench.claims.syntax import Expression, Number
from cpbench.specs.units import Unit

Operator = Literal["+", "-", "*", "/"]


def unit_after(operator: Operator, left: Expression, right: Expression) -> Unit:
    """Return the unit of `left operator right`.

    Raises:
        ValueError: The units do not go together; the message says what to write instead.
    """
    return (
        _scaled(operator, left, right) if operator in {"*", "/"} else _summed(operator, left, right)
    )


def check_comparable(left: Expression, right: Expression) -> None:
    """Check that two numbers may be compared.

    Raises:
        ValueError: They may not; the message says what to write instead.
    """
    if left.unit == right.unit or _is_bare_zero(left) or _is_bare_zero(right):
        return
    raise ValueError(
        f"cannot compare {name(left.unit)} with {name(right.unit)}{_way_out(left, right)}"
    )


def name(unit: Unit) -> str:
    """Return what a unit is called in a sentence."""
    return "a plain number" if unit == "1" else unit


def _summed(operator: Operator, left: Expression, right: Expression) -> Unit:
    if _is_bare_zero(right):
        return left.unit
    if _is_bare_zero(left):
        return right.unit
    match operator, left.unit, right.unit:
        case "-", "percent", "percent":
            return "pp"
        case "+", "percent", "percent":
            raise ValueError("two levels in percent have no sum; add a difference in pp")
        case (_, "percent", "pp") | ("+", "pp", "percent"):
            return "percent"
        case _ if left.unit == right.unit:
            return left.unit
        case _:
            word = "add" if operator == "+" else "subtract"
            raise ValueError(
                f"cannot {word} {name(left.unit)} and {name(right.unit)}{_way_out(left, right)}"
            )


def _scaled(operator: Operator, left: Expression, right: Expression) -> Unit:
    if right.unit == "1":
        return left.unit
    if operator == "*" and left.unit == "1":
        return right.unit
    if operator == "/" and left.unit == right.unit:
        return "1"
    word = "multiply" if operator == "*" else "divide"
    raise ValueError(
        f"cannot {word} {name(left.unit)} by {name(right.unit)}; scale by plain numbers only"
    )


def _is_bare_zero(node: Expression) -> bool:
    return isinstance(node, Number) and node.is_bare_zero


def _way_out(left: Expression, right: Expression) -> str:
    units = {left.unit, right.unit}
    if units == {"percent", "pp"}:
        return "; percent is a level, pp a difference; subtract levels or change the unit"
    plain = next((node for node in (left, right) if node.unit == "1"), None)
    if not isinstance(plain, Number):
        return "; both sides need one unit"
    other = next(unit for unit in units if unit != "1")
    written = f"{plain.value:g} {other}"
    # Below one, somebody may have meant a share; 1 pp is what somebody means who writes 1.
    if other == "percent" and 0 < abs(plain.value) <= 1:
        return f"; write {plain.value * 100:g}%"
    if other == "pp" and 0 < abs(plain.value) < 1:
        return f"; write {written}, or {plain.value * 100:g} pp"
    return f"; write {written}"
