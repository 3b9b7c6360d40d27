from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from cpbench.errors import EvidenceError
from cpbench.records.results import Row, read_results, write_results

ROW = Row(
    "tiny",
    "main",
    "",
    "removal=2",
    2,
    0,
    1,
    "accuracy",
    "final",
    5,
    "test_accuracy",
    0.1 + 0.2,
    "fraction",
    "ok",
)
numbers = st.none() | st.floats(allow_nan=False)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tiny.csv"


@given(values=st.lists(numbers, min_size=1, max_size=5))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_number_is_read_back_as_it_was(path: Path, values: list[float | None]):
    rows = tuple(ROW._replace(seed=seed, value=value) for seed, value in enumerate(values))
    write_results(path, rows)
    assert read_results(path) == rows


def test_a_number_is_written_in_its_shortest_exact_form(path: Path):
    write_results(path, [ROW])
    assert ",0.30000000000000004," in path.read_text()


def test_no_number_is_an_empty_cell_and_never_zero(path: Path):
    write_results(path, [ROW._replace(value=None, status="diverged")])
    assert path.read_text().splitlines()[1].endswith(",test_accuracy,,fraction,diverged")


def test_rows_are_sorted_whatever_order_they_come_in(path: Path):
    rows = [ROW._replace(removal=removal, seed=seed) for removal in (10, 2, 0) for seed in (1, 0)]
    write_results(path, rows)
    once = path.read_bytes()
    write_results(path, reversed(rows))
    assert path.read_bytes() == once
    assert [(row.removal, row.seed) for row in read_results(path)] == [
        (r, s) for r in (0, 2, 10) for s in (0, 1)
    ]


def test_text_with_commas_and_quotes_survives(path: Path):
    odd = ROW._replace(status='flagged("low, very low")')
    write_results(path, [odd])
    assert read_results(path) == (odd,)


def test_a_missing_file_names_the_stage_that_makes_it(path: Path):
    with pytest.raises(
        EvidenceError, match=r"tiny\.csv: is missing; run `dvc repro evaluate@tiny`"
    ):
        read_results(path)


@pytest.mark.parametrize("text", ["", "protocol,arm\n", "\n", "no csv at all"])
def test_another_header_is_refused_at_line_1(path: Path, text: str):
    path.write_text(text)
    with pytest.raises(EvidenceError, match=r"tiny\.csv:1: the header is not protocol,arm"):
        read_results(path)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (",final,", ",", "13 cells instead of 14"),
        (",ok", ",ok,more", "15 cells instead of 14"),
        ("0.30000000000000004", "much", "much"),
        ("removal=2,2,", "removal=2,two,", "two"),
        ("removal=2,2,", "removal=2,2.0,", "2.0"),
    ],
)
def test_a_line_that_is_not_a_row_is_refused_by_its_number(
    path: Path, old: str, new: str, words: str
):
    write_results(path, [ROW, ROW._replace(seed=2)])
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:2], lines[2].replace(old, new)]) + "\n")
    with pytest.raises(EvidenceError, match=rf"tiny\.csv:3: .*{words}"):
        read_results(path)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"x" * 200_000])
def test_a_file_that_is_no_table_is_refused(path: Path, content: bytes):
    path.write_bytes(content)
    with pytest.raises(EvidenceError, match=r"tiny\.csv"):
        read_results(path)
