import hypothesis.strategies as st
from hypothesis import example, given, settings

from cpbench.specs.reading import parse
from cpbench.specs.writing import to_yaml, with_member

TEXT = """\
# at the top
id: x   # why
about: {title: 'quoted', notes: >-
  folded
  text}
rows:
  - {a: 1, b: 2.50}   # a row
arms:
  one: {n: 1}
"""
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
PRINTABLE = st.text(st.characters(exclude_categories=("C", "Z"), include_characters=" "))
VALUES = (
    st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.booleans()
    | PRINTABLE
)


@settings(max_examples=50, deadline=None)
@example({"title": "?0", "true": "true", "no": "no", "n": "null"}, [{"a": "?0", "b": "a: #b"}])
@given(
    st.dictionaries(NAMES, VALUES | st.dictionaries(NAMES, VALUES, min_size=1), min_size=1),
    st.lists(st.dictionaries(NAMES, VALUES, min_size=1), min_size=1),
)
def test_what_is_written_is_read_again(value: dict[str, object], rows: list[object]):
    whole = {**value, "rows": rows}
    assert parse(to_yaml(whole), "x").value == whole


def test_items_of_a_list_stand_on_one_line_each():
    written = to_yaml({"a": {"rows": [{"x": 1, "y": "z" * 500}, {"x": 2}], "plain": [1, 2]}})
    assert len(written.splitlines()) == 7
    assert "    - {x: 2}\n" in written


def test_a_new_member_leaves_the_rest_of_the_file_alone():
    before = TEXT.replace("{title: 'quoted', notes: >-\n  folded\n  text}", "'quoted'")
    after = with_member(before, ("arms",), "two", {"rows": [{"a": 1}]})
    assert after == before.replace("{n: 1}", "{n: 1}") + "  two:\n    rows:\n      - {a: 1}\n"
    assert parse(after, "x").value["arms"] == {"one": {"n": 1}, "two": {"rows": [{"a": 1}]}}
