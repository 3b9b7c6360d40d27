"""From a claim's text to its syntax: a grammar, then names, arguments and units."""

from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import TypeVar, cast

from lark import Lark, Token, Tree, UnexpectedInput

from cpbench.claims.calling import call_of
from cpbench.claims.places import (
    EXAMPLE,
    ClaimError,
    branches,
    column,
    column_of_word,
    tokens,
    unexpected,
)
from cpbench.claims.syntax import (
    Arithmetic,
    Comparison,
    Event,
    Expression,
    Junction,
    Negation,
    Number,
    calls,
)
from cpbench.claims.units import Operator, check_comparable, unit_after
from cpbench.specs.quantities import QUANTITIES
from cpbench.specs.units import PLURALS, UNIT_WORDS, Unit
from cpbench.specs.validating import one_of

_UNITS: Mapping[str, Unit] = {**UNIT_WORDS, **PLURALS}
MAX_CHARACTERS = 500
MAX_NODES = 200
MAX_DEPTH = 20
EVENTS = {"comparison", "conjunction", "disjunction", "negation"}

Node = TypeVar("Node", bound=Event | Expression)


@lru_cache(maxsize=1024)
def parse(text: str) -> Event:
    """Return what a claim says.

    Raises:
        ClaimError: It is not in the language, too large, or names something unknown.
    """
    return _settled(_event(_tree(text, EXAMPLE)))


@lru_cache(maxsize=1024)
def parse_quantity(text: str) -> Expression:
    """Return the number that a numeric claim is about.

    Raises:
        ClaimError: It is true or false, or anything `parse` refuses.
    """
    tree = _tree(text, "end(p.a) - end(p.b)")
    if str(tree.data) in EVENTS:
        raise ClaimError(
            column(tree), "is true or false; a quantity is a number: leave > and < out"
        )
    return _settled(_expression(tree))


def parse_amount(text: str) -> Number:
    """Return a number with its unit, such as a margin of `10 epoch`.

    Raises:
        ClaimError: It is anything else.
    """
    tree = _tree(text, "10 epoch")
    amount = None if str(tree.data) in EVENTS else _expression(tree)
    if not isinstance(amount, Number):
        raise ClaimError(1, "is not one number with a unit; write as in 10 epoch")
    return amount


def _settled(node: Node) -> Node:
    if not calls(node):
        known = ", ".join(sorted(QUANTITIES))
        raise ClaimError(1, f"names no quantity for results to settle; allowed: {known}")
    return node


@cache
def _grammar() -> Lark:
    text = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    return Lark(text, parser="lalr", propagate_positions=True)


def _tree(text: str, example: str) -> Tree[Token]:
    if len(text) > MAX_CHARACTERS:
        raise ClaimError(
            MAX_CHARACTERS + 1,
            f"has {len(text)} characters; a claim may have {MAX_CHARACTERS}: split it",
        )
    try:
        tree = _grammar().parse(text)  # pyright: ignore[reportUnknownMemberType] - lark types text loosely
    except UnexpectedInput as error:
        raise unexpected(error, text, example) from error
    _refuse_size(tree)
    return tree


def _refuse_size(tree: Tree[Token]) -> None:
    """Walk level by level, so that depth costs no recursion."""
    level, depth, nodes = [tree], 0, 0
    while level:
        depth, nodes = depth + 1, nodes + len(level)
        if depth > MAX_DEPTH:
            raise ClaimError(
                column(level[0]), f"is nested deeper than {MAX_DEPTH} levels; split the claim"
            )
        if nodes > MAX_NODES:
            raise ClaimError(1, f"has more than {MAX_NODES} parts; split the claim")
        level = [child for node in level for child in branches(node)]


def _event(node: Tree[Token]) -> Event:
    children = branches(node)
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
            raise ClaimError(column(node), "is a number, neither true nor false; compare it: … > 0")


def _comparison(node: Tree[Token]) -> Comparison:
    parts = branches(node)
    operands = tuple(map(_expression, parts))
    for left, right, place in zip(operands, operands[1:], parts[1:], strict=False):
        try:
            check_comparable(left, right)
        except ValueError as error:
            raise ClaimError(column(place), str(error)) from error
    return Comparison(operands, tuple(map(str, tokens(node))))


def _expression(node: Tree[Token]) -> Expression:
    match str(node.data):
        case "number":
            return _number(node)
        case "call":
            return call_of(node)
        case "arithmetic":
            return _arithmetic(node)
        case "minus":
            return _minus(_expression(branches(node)[0]))
        case _:
            raise ClaimError(column(node), "is true or false, not a number; join with and, or, not")


def _number(node: Tree[Token]) -> Number:
    digits, *unit = tokens(node)
    value = float(digits)
    if value == float("inf"):
        raise ClaimError(column(node), "is too large a number; write a smaller one")
    if unit and unit[0] not in _UNITS:
        raise ClaimError(column_of_word(unit[0]), f"unit {one_of(unit[0], UNIT_WORDS)}")
    return Number(value, _UNITS[unit[0]] if unit else "1")


def _minus(inner: Expression) -> Expression:
    if isinstance(inner, Number):
        return Number(-inner.value, inner.unit)
    return Arithmetic("*", Number(-1.0, "1"), inner, inner.unit)


def _arithmetic(node: Tree[Token]) -> Arithmetic:
    operator = cast("Operator", str(tokens(node)[0]))
    left, right = map(_expression, branches(node))
    place = column(branches(node)[1])
    if operator == "/" and isinstance(right, Number) and not right.value:
        raise ClaimError(place, "divides by zero; divide by another number")
    try:
        return Arithmetic(operator, left, right, unit_after(operator, left, right))
    except ValueError as error:
        raise ClaimError(place, str(error)) from error
