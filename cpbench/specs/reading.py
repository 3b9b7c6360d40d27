"""The one door to YAML: from a file's bytes to plain values that know their place.

YAML 1.2 by ruamel.yaml, the dialect DVC reads. Refused, each with its line: duplicate keys, anchors and
aliases, tags, bare timestamps, non-string keys, too many bytes, too much depth.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, NodeEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from cpbench.errors import Problem, SpecError

MAX_BYTES = 256 * 1024
MAX_DEPTH = 32

CORE_TAG = "tag:yaml.org,2002:"
Place = tuple[str | int, ...]


class Mark(NamedTuple):
    """A position in a file, both counted from 1."""

    line: int
    column: int


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
        return self.marks.get(trail, Mark(1, 1))


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
    return parse(text.removeprefix("\ufeff"), label)


def parse(text: str, label: str) -> Document:
    """Return what a YAML text says; `label` names it in errors.

    Raises:
        SpecError: As `read`.
    """
    try:
        _refuse_what_is_not_data(text, label)
        node = _yaml().compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        what = (error.problem or error.context or "cannot be read").split("\n")[0]
        raise SpecError([Problem(label, *place, "", f"not YAML: {what}")]) from error
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


def _yaml() -> YAML:
    yaml = YAML(typ="safe", pure=True)
    yaml.version = (1, 2)
    return yaml


def _failure(label: str, message: str) -> SpecError:
    return SpecError([Problem(label, 1, 1, "", message)])


def _refuse_what_is_not_data(text: str, label: str) -> None:
    """Walk the event stream, which needs no recursion, before anything builds a tree."""
    depth = 0
    for event in _yaml().parse(text):
        if isinstance(event, CollectionEndEvent):
            depth -= 1
        elif isinstance(event, CollectionStartEvent):
            depth += 1
        mark = event.start_mark
        where = (mark.line + 1, mark.column + 1)
        if depth > MAX_DEPTH:
            raise SpecError([Problem(label, *where, "", f"is nested deeper than {MAX_DEPTH} levels")])
        if isinstance(event, AliasEvent) or (isinstance(event, NodeEvent) and event.anchor):
            raise SpecError([Problem(label, *where, "", "anchors and aliases are not read; write the value out")])


class _Walker:
    """Turns nodes into plain values, collecting marks and problems on the way."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.marks: dict[Place, Mark] = {}
        self.problems: list[Problem] = []
        self.constructor = _yaml().constructor

    def plain(self, node: Node, place: Place) -> Any:  # noqa: ANN401 - any YAML value
        """Return a node's plain value and remember where it stood."""
        self.marks.setdefault(place, _mark(node))
        if isinstance(node, MappingNode):
            return self._mapping(node, place)
        if isinstance(node, SequenceNode):
            return [self.plain(item, (*place, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, place)

    def _mapping(self, node: MappingNode, place: Place) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value
            if not isinstance(key_node, ScalarNode) or _kind(key_node) != "str":
                self._problem(key_node, place, f"the key {key!r} is not text; write it in quotes")
                continue
            if key in values:
                first = self.marks[(*place, key)]
                self._problem(key_node, (*place, key), f"is written twice (first on line {first.line}); keep one")
                continue
            self.marks[(*place, key)] = _mark(key_node)
            values[key] = self.plain(value_node, (*place, key))
        return values

    def _scalar(self, node: Node, place: Place) -> Any:  # noqa: ANN401 - any YAML scalar
        kind = _kind(node)
        if kind == "timestamp":
            self._problem(node, place, f"{node.value} reads as a date; write it in quotes")
            return None
        if kind not in {"str", "int", "float", "bool", "null"}:
            self._problem(node, place, f"the tag {node.tag} is not read; write plain data")
            return None
        try:
            return self.constructor.construct_object(node)
        except (ValueError, YAMLError) as error:
            self._problem(node, place, f"cannot be read as {kind}: {str(error).splitlines()[0]}")
            return None

    def _problem(self, node: Node, place: Place, message: str) -> None:
        field = dotted(place)
        self.problems.append(Problem(self.label, *_mark(node), field, message))


def dotted(place: Iterable[str | int]) -> str:
    """Return a place as people write it: `protocol.phases.0.until`."""
    return ".".join(str(part) for part in place)


def _kind(node: Node) -> str:
    return str(node.tag).removeprefix(CORE_TAG)


def _mark(node: Node) -> Mark:
    return Mark(node.start_mark.line + 1, node.start_mark.column + 1)
