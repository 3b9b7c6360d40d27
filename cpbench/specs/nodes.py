"""What ruamel.yaml gives, with types: it has none of its own, these name the parts we use."""

from collections.abc import Iterable
from typing import Any, Literal, Protocol, cast

from ruamel.yaml import YAML


class At(Protocol):
    """A position in a text, both counted from 0."""

    line: int
    column: int


class Fault(Protocol):
    """What is wrong with a text, and where."""

    problem_mark: At | None
    context_mark: At | None
    problem: str | None
    context: str | None


class Unreadable(Protocol):
    """A character that no YAML text may hold."""

    position: int
    character: int


class Event(Protocol):
    """The beginning or the end of something, or a scalar."""

    start_mark: At


class Node(Protocol):
    """A value as it is written."""

    id: Literal["scalar", "sequence", "mapping"]
    tag: str
    start_mark: At
    value: Any
    """A scalar's text, a sequence's nodes, or a mapping's pairs of nodes."""


def yaml() -> YAML:
    """Return a reader of the dialect."""
    reader = YAML(typ="safe", pure=True)
    reader.version = (1, 2)
    return reader


def compose(text: str) -> Node | None:
    """Return the tree of a text; none when it is empty."""
    return cast("Node | None", yaml().compose(text))  # pyright: ignore[reportUnknownMemberType]


def events(text: str) -> Iterable[Event]:
    """Return what a reader of the text comes across, in order, without building a tree."""
    return cast("Iterable[Event]", yaml().parse(text))  # pyright: ignore[reportUnknownMemberType]


def has_directive(event: Event) -> bool:
    """Return whether a document begins with `%YAML` or `%TAG`."""
    return bool(getattr(event, "version", None) or getattr(event, "tags", None))
