import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cpbench.errors import SpecError
from cpbench.specs.reading import MAX_BYTES, Document, Mark, read

Door = Callable[[str | bytes], Document]


@pytest.fixture
def door(tmp_path: Path) -> Door:
    def through(content: str | bytes) -> Document:
        path = tmp_path / "spec.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read(path, "spec.yaml")

    return through


def refusals(door: Door, content: str | bytes) -> list[tuple[int, int, str]]:
    began = time.process_time()
    with pytest.raises(SpecError) as caught:
        door(content)
    assert time.process_time() - began < 10
    assert caught.value.problems
    assert str(caught.value).splitlines() == [str(each) for each in caught.value.problems]
    assert all(
        str(each).startswith(f"spec.yaml:{each.line}:{each.column}: ")
        for each in caught.value.problems
    )
    return [(each.line, each.column, each.message) for each in caught.value.problems]


def places(door: Door, content: str | bytes) -> list[tuple[int, int]]:
    return [(line, column) for line, column, _ in refusals(door, content)]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1e-5", 1e-5),
        ("1E5", 1e5),
        (".5", 0.5),
        ("17", 17),
        ("017", 17),
        ("0o17", 15),
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("12:30:00", "12:30:00"),
        ("true", True),
        ("~", None),
        ('"1"', "1"),
    ],
)
def test_scalars_are_those_of_yaml_1_2(door: Door, written: str, value: object):
    found = door(f"a: {written}\n").value["a"]
    assert found == value
    assert type(found) is type(value)


def test_every_key_and_item_knows_its_place_counted_from_one(door: Door):
    document = door("a: 1\nb:\n  c: [x, {d: 2}]\n")
    assert document.mark(("a",)) == Mark(1, 1)
    assert document.mark(("b", "c")) == Mark(3, 3)
    assert document.mark(("b", "c", 0)) == Mark(3, 7)
    assert document.mark(("b", "c", 1, "d")) == Mark(3, 11)


def test_what_is_not_written_has_the_place_of_its_nearest_parent(door: Door):
    assert door("a:\n  b: {c: 1}\n").mark(("a", "b", "missing", 0)) == Mark(2, 3)


def test_a_byte_order_mark_and_windows_line_ends_move_no_place(door: Door):
    document = door(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    assert document.value == {"a": 1, "b": 2}
    assert document.mark(("b",)) == Mark(2, 1)


def test_a_key_written_twice_is_refused_and_the_first_is_named(door: Door):
    (line, column, message), second = refusals(door, "a: 1\nb:\n  c: 1\n  c: 2\na: 3\n")
    assert (line, column) == (4, 3)
    assert "first on line 3" in message
    assert second[:2] == (5, 1)


def test_anchors_and_aliases_are_refused_at_the_first_one(door: Door):
    assert places(door, "a: &x [1]\nb: *x\n") == [(1, 4)]
    assert places(door, "a: 1\nb: &x text\n") == [(2, 4)]


def test_an_alias_bomb_does_not_explode(door: Door):
    layers = [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30)]
    assert places(door, "\n".join(["a0: &a0 [x, x]", *layers])) == [(1, 5)]


@pytest.mark.parametrize(
    "tagged",
    [
        "!!python/object/apply:os.system [ls]",
        "!!python/object:os.Path {}",
        "!!python/name:os.system ''",
        "!own {b: 1}",
        "!own [1]",
        "!own text",
        "!!set {b}",
        "!!omap [b: 1]",
        "!!binary aGk=",
    ],
)
def test_a_tag_is_refused_on_scalars_lists_and_mappings_alike(door: Door, tagged: str):
    [(line, column, message)] = refusals(door, f"a: 1\nb: {tagged}\n")
    assert (line, column) == (2, 4)
    assert "tag" in message


def test_a_core_tag_that_lies_is_refused(door: Door):
    assert places(door, "a: !!int abc\n") == [(1, 4)]


def test_bare_dates_are_refused_quoted_ones_are_text(door: Door):
    assert places(door, "a: 2020-01-01\nb: 2001-12-14 21:59:43.10 -5\n") == [(1, 4), (2, 4)]
    assert door("a: '2020-01-01'\n").value == {"a": "2020-01-01"}


def test_every_key_that_is_not_text_is_refused(door: Door):
    content = "1: a\ntrue: b\n~: c\n[1, 2]: d\n{x: 1}: e\n1.5: f\n'1': g\n<<: {a: 1}\n"
    found = refusals(door, content)
    assert [line for line, _, _ in found] == [1, 2, 3, 4, 5, 6, 8]
    assert not any("Node" in message for _, _, message in found)


@pytest.mark.parametrize("content", ["", "# only a comment\n", "\n\n"])
def test_an_empty_file_is_refused(door: Door, content: str):
    [(line, column, message)] = refusals(door, content)
    assert (line, column) == (1, 1)
    assert "empty" in message


@pytest.mark.parametrize(
    "content", [bytes(range(256)), "a: é\n".encode("utf-16"), "a: é\n".encode("latin-1")]
)
def test_what_is_not_utf8_is_refused(door: Door, content: bytes):
    [(line, column, message)] = refusals(door, content)
    assert (line, column) == (1, 1)
    assert "UTF-8" in message


def test_a_control_character_is_refused_where_it_stands(door: Door):
    assert places(door, b"a: 1\nb: x\x07\n") == [(2, 5)]


def test_a_tab_as_indentation_is_refused_where_it_stands(door: Door):
    assert places(door, "a:\n\tb: 1\n") == [(2, 1)]


@pytest.mark.parametrize(
    "content", ["a: {b: 1, c\n", "a: [1\nb: 2\n", "a: 'x\n", "a: 1\n---\nb: 2\n", "a: b: c\n"]
)
def test_broken_syntax_is_one_problem_in_one_line(door: Door, content: str):
    [(_, _, message)] = refusals(door, content)
    assert message.startswith("not YAML")


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ("[" * 5000 + "]" * 5000, (1, 33)),
        ("[" * 5000, (1, 33)),
        ("".join(" " * depth + "a:\n" for depth in range(300)), (33, 33)),
        ("- " * 5000 + "x", (1, 65)),
    ],
)
def test_nesting_of_thousands_of_levels_is_refused_before_anything_recurses(
    door: Door, content: str, place: tuple[int, int]
):
    assert places(door, content) == [place]


def test_a_file_may_have_so_many_bytes_and_no_more(door: Door):
    fits = "a: " + "x" * (MAX_BYTES - 3)
    assert len(door(fits).value["a"]) == MAX_BYTES - 3
    [(line, column, message)] = refusals(door, fits + "x")
    assert (line, column) == (1, 1)
    assert f"{MAX_BYTES:,}" in message


def test_an_integer_of_thousands_of_digits_is_refused(door: Door):
    assert places(door, "a: " + "9" * 5000) == [(1, 4)]


def test_a_missing_file_and_a_folder_are_refused_by_name(tmp_path: Path):
    for path in (tmp_path / "missing.yaml", tmp_path):
        with pytest.raises(SpecError) as caught:
            read(path)
        assert str(caught.value).startswith(f"{path}:1:1: cannot be read")


def test_all_problems_are_told_at_once(door: Door):
    assert places(door, "1: a\nb: 2020-01-01\nc: !x 1\nb: 2\n") == [(1, 1), (2, 4), (3, 4), (4, 1)]


def test_a_directive_cannot_switch_the_dialect(door: Door):
    assert places(door, "%YAML 1.1\n---\na: no\n") == [(2, 1)]
