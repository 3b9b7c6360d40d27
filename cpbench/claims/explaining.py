"""A claim in plain English."""

from cpbench.claims.syntax import (
    Arithmetic,
    Call,
    Comparison,
    Event,
    Expression,
    Junction,
    Negation,
    Number,
)
from cpbench.specs.quantities import QUANTITIES, Unit

_COMPARED = {
    ">": "is greater than",
    ">=": "is at least",
    "<": "is less than",
    "<=": "is at most",
}
_JOINED = {"+": "plus", "-": "minus", "*": "times", "/": "divided by"}
_PLURALS: dict[Unit, str] = {
    "1": "",
    "epoch": " epochs",
    "step": " steps",
    "example": " examples",
    "lr_steps": " lr·steps",
    "percent": " %",
    "pp": " percentage points",
}


def explain(event: Event) -> str:
    """Return a claim as one English sentence."""
    sentence = _event(event)
    return f"{sentence[0].upper()}{sentence[1:]}."


def _event(event: Event) -> str:
    match event:
        case Comparison():
            return _comparison(event)
        case Junction():
            joined = f", {event.word} ".join(map(_nested, event.parts))
            return f"either {joined}" if event.word == "or" else joined
        case Negation():
            return f"it is not so that {_nested(event.part)}"


def _nested(event: Event) -> str:
    return f"({_event(event)})" if isinstance(event, Junction) else _event(event)


def _comparison(comparison: Comparison) -> str:
    first, *others = map(_expression, comparison.operands)
    words = [first]
    for index, (operator, other) in enumerate(zip(comparison.operators, others, strict=True)):
        again = f", and {others[index - 1]}" if index else ""
        words.append(f"{again} {_COMPARED[operator]} {other}")
    return "".join(words)


def _expression(expression: Expression) -> str:
    match expression:
        case Number():
            return f"{expression.value:g}{_PLURALS[expression.unit]}"
        case Call():
            phrase = QUANTITIES[expression.quantity].phrase
            return phrase.format(series=expression.series, **dict(expression.arguments))
        case Arithmetic():
            return (
                f"{_term(expression.left)} {_JOINED[expression.operator]} {_term(expression.right)}"
            )


def _term(expression: Expression) -> str:
    return (
        f"[{_expression(expression)}]"
        if isinstance(expression, Arithmetic)
        else _expression(expression)
    )
