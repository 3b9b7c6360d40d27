"""Where a claim went wrong: its columns, counted from 1, and the parts of its syntax tree."""

import unicodedata
from typing import Any

from lark import Token, Tree, UnexpectedInput, UnexpectedToken

from cpbench.errors import SpecError

EXAMPLE = "end(p.a) - end(p.b) > 3 epoch"


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
    found = _named(text[stopped]) if stopped < len(text) else "the end"
    return ClaimError(stopped + 1, f"did not expect {found} here; write as in {example}")


def _named(letter: str) -> str:
    """Name a letter so that it can be seen for what it is, and moves no terminal."""
    if " " <= letter <= "~":
        return f"'{letter}'"
    name = unicodedata.name(letter, "a control character")
    return f"U+{ord(letter):04X} ({name.lower()}; only plain ASCII is read)"
