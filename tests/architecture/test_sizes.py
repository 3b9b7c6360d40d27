"""Short files, short functions: when it hurts, a concept is missing a name."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted(
    path for folder in ("cpbench", "pipelines") for path in (ROOT / folder).rglob("*.py")
)
NAMELESS = {"utils", "util", "common", "helpers", "misc", "core"}


def num_lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_file_has_at_most_250_lines_and_its_functions_40(path: Path):
    assert num_lines(path) <= 250
    # A docstring is a contract, not code: it does not count.
    long = {node.name: length for node in functions(path) if (length := _code_lines(node)) > 40}
    assert long == {}


def _code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    assert node.end_lineno is not None
    first = node.body[0]
    has_docstring = ast.get_docstring(node) is not None
    docstring = (first.end_lineno or 0) - first.lineno + 1 if has_docstring else 0
    return node.end_lineno - node.lineno + 1 - docstring


def test_a_stage_has_no_logic():
    stages = [
        path for path in FILES if path.parent == ROOT / "pipelines" and path.name != "__init__.py"
    ]
    assert {path.stem for path in stages} == {"plan", "train", "measure", "evaluate"}
    for path in stages:
        assert num_lines(path) <= 30
        assert list(functions(path)) == []


def test_every_module_is_named_for_what_it_is_about():
    assert not NAMELESS & {
        part for path in FILES for part in path.relative_to(ROOT).with_suffix("").parts
    }


def test_every_module_says_what_it_gives():
    assert [
        name(path) for path in FILES if path.name != "__main__.py" and not _docstring(path)
    ] == []


def _docstring(path: Path) -> str:
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
