"""What a claim is made of, once read: frozen nodes, and the JSON that is hashed."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, Literal

from cpbench.specs.quantities import Argument, written
from cpbench.specs.units import Unit


@dataclass(frozen=True)
class Number:
    """A number with a unit; a bare 0 may stand beside any unit."""

    value: float
    unit: Unit

    @property
    def is_bare_zero(self) -> bool:
        """Whether it is a 0 without unit."""
        return self.unit == "1" and not self.value


Side = tuple[str, str]
"""Protocol and arm."""


@dataclass(frozen=True)
class Call:
    """A quantity of one series or of several, all arguments written out."""

    quantity: str
    protocol: str
    arm: str
    arguments: tuple[tuple[str, Argument], ...]
    unit: Unit
    others: tuple[Side, ...] = ()
    """Further series, where the quantity is about several."""

    @property
    def sides(self) -> tuple[Side, ...]:
        """All its series."""
        return ((self.protocol, self.arm), *self.others)

    @property
    def series(self) -> str:
        """Its series as a claim writes them."""
        return ", ".join(
            protocol if arm == "main" else f"{protocol}.{arm}" for protocol, arm in self.sides
        )

    @property
    def text(self) -> str:
        """The call as a claim writes it."""
        return written(self.quantity, self.series, dict(self.arguments))


@dataclass(frozen=True)
class Arithmetic:
    """Two numbers joined by + − × or ÷."""

    operator: Literal["+", "-", "*", "/"]
    left: "Expression"
    right: "Expression"
    unit: Unit


Expression = Number | Call | Arithmetic


@dataclass(frozen=True)
class Comparison:
    """A chain such as a > b > c: every neighbouring pair must hold."""

    operands: tuple[Expression, ...]
    operators: tuple[str, ...]


@dataclass(frozen=True)
class Junction:
    """Events joined by one word."""

    word: Literal["and", "or"]
    parts: tuple["Event", ...]


@dataclass(frozen=True)
class Negation:
    """An event that must not hold."""

    part: "Event"


Event = Comparison | Junction | Negation


def to_json(node: Event | Expression) -> Any:  # noqa: ANN401 - a JSON value
    """Return a node as the JSON value whose digest names the claim."""
    match node:
        case Number():
            return {"number": node.value, "unit": node.unit}
        case Call():
            return _call_json(node)
        case Arithmetic():
            return [node.operator, to_json(node.left), to_json(node.right)]
        case Comparison():
            return {
                "compare": [to_json(each) for each in node.operands],
                "by": list(node.operators),
            }
        case Junction():
            return {node.word: [to_json(each) for each in node.parts]}
        case Negation():
            return {"not": to_json(node.part)}


def _call_json(call: Call) -> dict[str, Any]:
    first, *others = [f"{protocol}.{arm}" for protocol, arm in call.sides]
    value = {"quantity": call.quantity, "series": first, "arguments": dict(call.arguments)}
    # Claims of one series are hashed as they were before there were others.
    return {**value, "others": others} if others else value


def calls(node: Event | Expression) -> tuple[Call, ...]:
    """Return the distinct quantities a node names, in the order they are written."""
    return tuple(dict.fromkeys(_calls(node)))


def _calls(node: Event | Expression) -> Iterator[Call]:
    match node:
        case Number():
            return
        case Call():
            yield node
        case Arithmetic():
            yield from _calls(node.left)
            yield from _calls(node.right)
        case Comparison():
            yield from chain.from_iterable(map(_calls, node.operands))
        case Junction():
            yield from chain.from_iterable(map(_calls, node.parts))
        case Negation():
            yield from _calls(node.part)
