"""The one door to YAML: from a file's bytes to plain values that know their place.

YAML 1.2 by ruamel.yaml, the dialect DVC reads. Refused, each with its line: duplicate keys, anchors
and aliases, tags, bare timestamps, non-string keys, too many bytes, too much depth.
"""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, cast

from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import CollectionEndEvent, CollectionStartEvent, DocumentStartEvent
from ruamel.yaml.reader import ReaderError

from cpbench.errors import Problem, SpecError
from cpbench.specs.nodes import At, Fault, Node, Unreadable, compose, events, has_directive, yaml

SUFFIXES = frozenset({".yaml", ".yml"})
MAX_BYTES = 64 * 1024
MAX_DEPTH = 32

CORE_TAG = "tag:yaml.org,2002:"
KINDS = {"map", "seq", "str", "int", "float", "bool", "null", "timestamp"}
Place = tuple[str | int, ...]


class Mark(NamedTuple):
    """A position in a file, both counted from 1."""

    line: int
    column: int


START = Mark(1, 1)


class Document(NamedTuple):
    """A YAML file as plain values, with the mark of every key and item."""

    file: str
    value: Any
    marks: dict[Place, Mark]

    def mark(self, place: Iterable[str | int]) -> Mark:
        """Return the mark of a place, or of its nearest parent that is written in the file."""
        trail = tuple(place)
        while trail not in self.marks and trail:
            trail = trail[:-1]
        return self.marks.get(trail, START)


def read(path: Path, name: str | None = None) -> Document:
    """Return what a YAML file says.

    Args:
        path: The file.
        name: How errors call it; by default its path relative to the current folder.

    Raises:
        SpecError: The file is missing, not text, or not in the language; all problems are listed.
    """
    label = name or display(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _failure(label, f"cannot be read ({error.strerror}); check the path") from error
    if len(data) > MAX_BYTES:
        raise _failure(label, f"is {len(data):,} bytes; a spec may have {MAX_BYTES:,}")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _failure(label, "is not UTF-8 text; save it as UTF-8") from error
    try:
        return parse(text.removeprefix("\ufeff"), label)
    except SpecError as error:
        if path.suffix in SUFFIXES:
            raise
        raise _failure(label, "is no YAML file; name one that ends in .yaml") from error


@lru_cache(maxsize=64)
def parse(text: str, label: str) -> Document:
    """Return what a YAML text says; `label` names it in errors.

    Raises:
        SpecError: As `read`.
    """
    try:
        _refuse_what_is_not_data(text, label)
        node = compose(text)
    except MarkedYAMLError as error:
        raise _malformed(label, error) from error
    except ReaderError as error:
        raise _unreadable(label, text, error) from error
    except (YAMLError, RecursionError) as error:
        what = str(error).split("\n")[0]
        raise _failure(label, f"not YAML: {what}") from error
    if node is None:
        raise _failure(label, "the file is empty; see specs/protocols/ for an example")
    walker = _Walker(label)
    value = walker.plain(node, ())
    if walker.problems:
        raise SpecError(walker.problems)
    return Document(label, value, walker.marks)


def display(path: Path) -> str:
    """Return a path as a person at the current folder would write it."""
    try:
        return str(path.resolve().relative_to(Path.cwd().resolve()))
    except ValueError:
        return str(path)


def _failure(label: str, message: str, mark: Mark = START) -> SpecError:
    return SpecError([Problem(label, *mark, "", message)])


def _malformed(label: str, fault: Fault) -> SpecError:
    at = fault.problem_mark or fault.context_mark
    what = (fault.problem or fault.context or "cannot be read").split("\n")[0]
    return _failure(label, f"not YAML: {what}", _counted(at) if at else START)


def _unreadable(label: str, text: str, fault: Unreadable) -> SpecError:
    before = text[: fault.position]
    mark = Mark(before.count("\n") + 1, len(before) - before.rfind("\n"))
    return _failure(label, f"holds the control character #x{fault.character:02x}; remove it", mark)


def _refuse_what_is_not_data(text: str, label: str) -> None:
    """Walk the event stream, which needs no recursion, before anything builds a tree."""
    depth = 0
    for event in events(text):
        mark = _counted(event.start_mark)
        if isinstance(event, CollectionEndEvent):
            depth -= 1
        elif isinstance(event, CollectionStartEvent):
            depth += 1
        if isinstance(event, DocumentStartEvent) and has_directive(event):
            raise _failure(label, "directives (%) are not read; the dialect is YAML 1.2", mark)
        if depth > MAX_DEPTH:
            raise _failure(label, f"is nested deeper than {MAX_DEPTH} levels", mark)
        if getattr(event, "anchor", None):  # an alias has one, too
            raise _failure(label, "anchors and aliases are not read; write the value out", mark)


class _Walker:
    """Turns nodes into plain values, collecting marks and problems on the way."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.marks: dict[Place, Mark] = {}
        self.problems: list[Problem] = []
        self.constructor = yaml().constructor

    def plain(self, node: Node, place: Place) -> Any:  # noqa: ANN401 - any YAML value
        """Return a node's plain value and remember where it stood."""
        self.marks.setdefault(place, _counted(node.start_mark))
        if _kind(node) not in KINDS:
            self._problem(node, place, f"the tag {node.tag} is not read; write plain data")
            return None
        if node.id == "mapping":
            return self._mapping(node, place)
        if node.id == "sequence":
            return [self.plain(item, (*place, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, place)

    def _mapping(self, node: Node, place: Place) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in cast("list[tuple[Node, Node]]", node.value):
            key = key_node.value
            if key_node.id != "scalar" or _kind(key_node) != "str":
                shown = repr(key) if key_node.id == "scalar" else "[…]"
                way_out = _DECIMAL if _is_rest_of_a_decimal(key_node, value_node) else "in quotes"
                self._problem(key_node, place, f"the key {shown} is not text; write it {way_out}")
                continue
            if ":" in key and _is_empty(value_node):
                way_out = f"write a space after the colon: {key.replace(':', ': ', 1)}"
                self._problem(key_node, place, f"'{key}' is a key without a value; {way_out}")
                continue
            if key in values:
                first = self.marks[(*place, key)]
                message = f"is written twice (first on line {first.line}); keep one"
                self._problem(key_node, (*place, key), message)
                continue
            self.marks[(*place, key)] = _counted(key_node.start_mark)
            values[key] = self.plain(value_node, (*place, key))
        return values

    def _scalar(self, node: Node, place: Place) -> Any:  # noqa: ANN401 - any YAML scalar
        kind = _kind(node)
        if kind == "timestamp":
            self._problem(node, place, f"{node.value} reads as a date; write it in quotes")
            return None
        try:
            return self.constructor.construct_object(node)
        except (ValueError, YAMLError) as error:
            self._problem(node, place, f"cannot be read as {kind}: {str(error).splitlines()[0]}")
            return None

    def _problem(self, node: Node, place: Place, message: str) -> None:
        mark = _counted(node.start_mark)
        self.problems.append(Problem(self.label, *mark, dotted(place), message))


_DECIMAL = "in quotes, or a decimal with a point, as 0.5"


def _is_rest_of_a_decimal(key: Node, value: Node) -> bool:
    """Return whether a key may be what `{p: 0,7}` leaves of a number."""
    return key.id == "scalar" and str(key.value).isdecimal() and _is_empty(value)


def _is_empty(value: Node) -> bool:
    return value.id == "scalar" and value.value == ""


def dotted(place: Iterable[str | int]) -> str:
    """Return a place as people write it: `protocol.phases.0.until`."""
    return ".".join(str(part) for part in place)


def _kind(node: Node) -> str:
    return str(node.tag).removeprefix(CORE_TAG)


def _counted(at: At) -> Mark:
    """Return a position as people count, from 1."""
    return Mark(at.line + 1, at.column + 1)
