"""From plain values to YAML that people go on editing: what stands in a file keeps its layout."""

import io
import re
from collections.abc import Mapping
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

ROW_WIDTH = 4096
"""Letters; no row of a table is broken over lines."""
_WORD = re.compile(r"[a-z][a-z0-9_]*")


def to_yaml(value: Mapping[str, Any]) -> str:
    """Return a mapping as YAML: opened line by line, the items of a list on one line each."""
    return _dumped(_opened(value))


def with_member(text: str, parents: tuple[str, ...], name: str, value: Mapping[str, Any]) -> str:
    """Return a YAML text with one more member of the mapping at `parents`; all else stays.

    Args:
        text: What `cpbench.specs.reading` accepts.
        parents: Keys that lead to the mapping.
        name: Key of the new member.
        value: The new member.
    """
    document: Any = _yaml().load(text)  # pyright: ignore[reportUnknownMemberType]
    inner = document
    for key in parents:
        inner = inner[key]
    inner[name] = _opened(value)
    return _dumped(document)


def _yaml() -> YAML:
    editor = YAML(typ="rt")
    editor.preserve_quotes = True
    editor.width = ROW_WIDTH
    editor.indent(mapping=2, sequence=4, offset=2)  # pyright: ignore[reportUnknownMemberType]
    return editor


def _dumped(document: object) -> str:
    stream = io.StringIO()
    _yaml().dump(document, stream)  # pyright: ignore[reportUnknownMemberType]
    return stream.getvalue()


def _opened(value: Any) -> Any:  # noqa: ANN401 - any YAML value
    """Mappings in block style, lists one item a line, everything inside an item on its line."""
    if isinstance(value, Mapping):
        members = cast("Mapping[str, Any]", value)
        return CommentedMap({key: _opened(item) for key, item in members.items()})
    if isinstance(value, list):
        return CommentedSeq([_flat(item) for item in cast("list[Any]", value)])
    return _quoted(value)


def _flat(value: Any) -> Any:  # noqa: ANN401 - any YAML value
    if not isinstance(value, Mapping):
        return _quoted(value)
    pairs = cast("Mapping[str, Any]", value).items()
    members = CommentedMap({key: _quoted(item) for key, item in pairs})
    members.fa.set_flow_style()  # pyright: ignore[reportUnknownMemberType]
    return members


def _quoted(value: Any) -> Any:  # noqa: ANN401 - any YAML scalar
    """Put text in quotes unless it is a word: ruamel leaves some plain that it cannot read back."""
    is_text = isinstance(value, str) and not _WORD.fullmatch(value)
    return DoubleQuotedScalarString(value) if is_text else value
