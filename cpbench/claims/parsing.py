"""From a claim's text to its syntax: a grammar, then names, arguments and units."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, cast

from lark import (
    Lark,
    Token,
    Tree,
    UnexpectedInput,
    UnexpectedToken,
)

from cpbench.claims.syntax import (
    Arithmetic,
    Call,
    Comparison,
    Event,
    Expression,
    Junction,
    Negation,
    Number,
    calls,
)
from cpbench.claims.units import Operator, check_comparable, unit_after
from cpbench.errors import SpecError
from cpbench.specs.quantities import QUANTITIES, UNIT_WORDS, Argument, Parameter, unit_of
from cpbench.specs.validating import one_of

MAX_CHARACTERS = 500
MAX_NODES = 200
MAX_DEPTH = 20
MAX_DIGITS = 6
EXAMPLE = "end(p.a) - end(p.b) > 3 epoch"


class ClaimError(SpecError):
    """A claim's text is not a claim; says at which column, counted from 1."""

    def __init__(self, column: int, what: str) -> None:
        self.column = column
        super().__init__(f"column {column} of the claim: {what}")


def parse(text: str) -> Event:
    """Return what a claim says.

    Raises:
        ClaimError: It is not in the language, too large, or names something unknown.
    """
    if len(text) > MAX_CHARACTERS:
        raise ClaimError(
            MAX_CHARACTERS + 1, f"has {len(text)} characters; a claim may have {MAX_CHARACTERS}"
        )
    try:
        tree = _grammar().parse(text)  # pyright: ignore[reportUnknownMemberType] - lark types text loosely
    except UnexpectedInput as error:
        raise _unexpected(error, text) from error
    _refuse_size(tree)
    event = _event(tree)
    if not calls(event):
        known = ", ".join(sorted(QUANTITIES))
        raise ClaimError(1, f"names no quantity for results to settle; allowed: {known}")
    return event


@cache
def _grammar() -> Lark:
    text = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    return Lark(text, parser="lalr", propagate_positions=True)


def _unexpected(error: UnexpectedInput, text: str) -> ClaimError:
    # lark says where it stopped; at the end of the text it says a negative number, or nothing.
    place = error.pos_in_stream
    stopped = place if place is not None and 0 <= place < len(text) else len(text)
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":  # pyright: ignore[reportUnknownMemberType]
        stopped = len(text)
    found = f"'{text[stopped]}'" if stopped < len(text) else "the end"
    return ClaimError(stopped + 1, f"did not expect {found} here; write as in {EXAMPLE}")


def _refuse_size(tree: Tree[Token]) -> None:
    """Walk level by level, so that depth costs no recursion."""
    level, depth, nodes = [tree], 0, 0
    while level:
        depth, nodes = depth + 1, nodes + len(level)
        if depth > MAX_DEPTH:
            raise ClaimError(
                _column(level[0]), f"is nested deeper than {MAX_DEPTH} levels; split the claim"
            )
        if nodes > MAX_NODES:
            raise ClaimError(1, f"has more than {MAX_NODES} parts; split the claim")
        level = [child for node in level for child in node.children if isinstance(child, Tree)]


def _event(node: Tree[Token]) -> Event:
    children = _branches(node)
    match str(node.data):
        case "comparison":
            return _comparison(node)
        case "conjunction":
            return Junction("and", tuple(map(_event, children)))
        case "disjunction":
            return Junction("or", tuple(map(_event, children)))
        case "negation":
            return Negation(_event(children[0]))
        case _:
            raise ClaimError(
                _column(node), "is a number, neither true nor false; compare it: … > 0"
            )


def _comparison(node: Tree[Token]) -> Comparison:
    branches = _branches(node)
    operands = tuple(map(_expression, branches))
    for left, right, place in zip(operands, operands[1:], branches[1:], strict=False):
        try:
            check_comparable(left, right)
        except ValueError as error:
            raise ClaimError(_column(place), str(error)) from error
    return Comparison(operands, tuple(map(str, _tokens(node))))


def _expression(node: Tree[Token]) -> Expression:
    match str(node.data):
        case "number":
            return _number(node)
        case "call":
            return _call(node)
        case "arithmetic":
            left, right = _branches(node)
            return _arithmetic(
                cast("Operator", str(_tokens(node)[0])),
                _expression(left),
                _expression(right),
                right,
            )
        case "minus":
            return _minus(_expression(_branches(node)[0]))
        case _:
            raise ClaimError(
                _column(node), "is true or false, not a number; join with and, or, not"
            )


def _number(node: Tree[Token]) -> Number:
    digits, *unit = _tokens(node)
    value = float(digits)
    if value == float("inf"):
        raise ClaimError(_column(node), f"{digits} is too large")
    if unit and unit[0] not in UNIT_WORDS:
        raise ClaimError(_place(unit[0]), f"unit {one_of(unit[0], UNIT_WORDS)}")
    return Number(value, UNIT_WORDS[unit[0]] if unit else "1")


def _minus(inner: Expression) -> Expression:
    if isinstance(inner, Number):
        return Number(-inner.value, inner.unit)
    return Arithmetic("*", Number(-1.0, "1"), inner, inner.unit)


def _arithmetic(
    operator: Operator, left: Expression, right: Expression, place: Tree[Token]
) -> Arithmetic:
    if operator == "/" and isinstance(right, Number) and not right.value:
        raise ClaimError(_column(place), "divides by zero")
    try:
        return Arithmetic(operator, left, right, unit_after(operator, left, right))
    except ValueError as error:
        raise ClaimError(_column(place), str(error)) from error


def _call(node: Tree[Token]) -> Call:
    name = _tokens(node)[0]
    if name not in QUANTITIES:
        raise ClaimError(_place(name), f"quantity {one_of(name, QUANTITIES)}")
    series, *arguments = _branches(node)
    protocol, *arm = map(str, _tokens(series))
    given = dict(_arguments(str(name), arguments))
    for key, parameter in QUANTITIES[name].parameters.items():
        if key not in given and parameter.default is None:
            raise ClaimError(_place(name), f"{name} needs {key}=…, a removal epoch")
        given.setdefault(key, parameter.default or "")
    if given.get("floor", "plateau") != "plateau" and given.get("estimator", "drop90") != "drop90":
        raise ClaimError(
            _place(name), f"floor is only for estimator=drop90, not {given['estimator']}"
        )
    return Call(
        str(name),
        protocol,
        arm[0] if arm else "main",
        tuple(sorted(given.items())),
        unit_of(name, given),
    )


def _arguments(quantity: str, nodes: list[Tree[Token]]) -> Iterator[tuple[str, Argument]]:
    parameters = QUANTITIES[quantity].parameters
    seen: set[str] = set()
    for node in nodes:
        key, value = _tokens(node)
        if key not in parameters:
            raise ClaimError(_place(key), f"argument {one_of(key, parameters)}")
        if key in seen:
            raise ClaimError(_place(key), f"{key} is written twice; keep one")
        seen.add(str(key))
        yield str(key), _literal(parameters[key], value)


def _literal(parameter: Parameter, value: Token) -> Argument:
    if parameter.choices and value not in parameter.choices:
        raise ClaimError(_place(value), one_of(value, parameter.choices))
    if not parameter.choices and not (value.isdecimal() and len(value) <= MAX_DIGITS):
        raise ClaimError(
            _place(value), f"{value} is not a removal epoch; write a whole number below a million"
        )
    return str(value) if parameter.choices else int(value)


def _branches(node: Tree[Token]) -> list[Tree[Token]]:
    return [child for child in node.children if isinstance(child, Tree)]


def _tokens(node: Tree[Token]) -> list[Token]:
    return [child for child in node.children if isinstance(child, Token)]


def _place(token: Token) -> int:
    return (token.start_pos or 0) + 1


def _column(node: Tree[Any]) -> int:
    return node.meta.start_pos + 1
