"""Where a claim went wrong: its columns, counted from 1, and the parts of its syntax tree."""

import re
import unicodedata
from typing import Any

from lark import Token, Tree, UnexpectedInput, UnexpectedToken

from cpbench.errors import SpecError

EXAMPLE = "end(p.a) - end(p.b) > 3 epoch"

_WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.]{0,40}")
_DECIMAL_COMMA = re.compile(r"[0-9],[0-9]")
_HINTS = {
    **dict.fromkeys("=!", "compare by >, >=, < or <="),
    **dict.fromkeys("&|", "join with and, or, not"),
    **dict.fromkeys("'\"", "names take no quotes"),
    **dict.fromkeys("[{", "brackets are round"),
}
"""The way out from a letter that other languages have."""


class ClaimError(SpecError):
    """A claim's text is not a claim; says at which column, counted from 1."""

    def __init__(self, column: int, what: str) -> None:
        self.column = column
        super().__init__(f"column {column} of the claim: {what}")


def branches(node: Tree[Token]) -> list[Tree[Token]]:
    """Return the children that have children."""
    return [child for child in node.children if isinstance(child, Tree)]


def tokens(node: Tree[Token]) -> list[Token]:
    """Return the children that are words."""
    return [child for child in node.children if isinstance(child, Token)]


def column_of_word(token: Token) -> int:
    """Return the column a word begins at."""
    return (token.start_pos or 0) + 1


def column(node: Tree[Any]) -> int:
    """Return the column a part begins at."""
    return node.meta.start_pos + 1


def unexpected(error: UnexpectedInput, text: str, example: str = EXAMPLE) -> ClaimError:
    """Return what is wrong where the grammar stopped."""
    # lark says where it stopped; at the end of the text it says a negative number, or nothing.
    place = error.pos_in_stream
    stopped = place if place is not None and 0 <= place < len(text) else len(text)
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":  # pyright: ignore[reportUnknownMemberType]
        stopped = len(text)
    hint = _hint(text, stopped)
    found = _named(text[stopped:]) if stopped < len(text) else "the end"
    return ClaimError(
        stopped + 1,
        f"did not expect {found} here{f'; {hint}' if hint else ''}; write as in {example}",
    )


def _hint(text: str, place: int) -> str:
    if place and _DECIMAL_COMMA.match(text, place - 1):
        return "a decimal takes a point, as 0.5"
    return _HINTS.get(text[place : place + 1], "")


def _named(rest: str) -> str:
    """Name the word that a text begins with, or its first letter, so that it moves no terminal."""
    if word := _WORD.match(rest):
        return f"'{word[0]}'"
    letter = rest[0]
    if " " <= letter <= "~":
        return f"'{letter}'"
    name = unicodedata.name(letter, "a control character")
    return f"U+{ord(letter):04X} ({name.lower()}; only plain ASCII is read)"
