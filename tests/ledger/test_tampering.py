"""A ledger of fifty entries, broken in every way we could think of."""

import hashlib
import re
from pathlib import Path

import numpy as np
import pytest
from registers import long_ledger

from cpbench.errors import IntegrityError
from cpbench.ledger import TornError, read_ledger
from cpbench.ledger.chain import entries_of
from cpbench.project import Project

NUM_ENTRIES = 50
NUM_CHANGES = 2000


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    project = Project(tmp_path_factory.mktemp("long"))
    long_ledger(project)
    return project.ledger.read_bytes()


@pytest.fixture(scope="module")
def lines(data: bytes) -> list[bytes]:
    return data.splitlines(keepends=True)


def refused(data: bytes) -> str:
    with pytest.raises(IntegrityError) as error:
        entries_of(data, "ledger")
    return str(error.value)


def test_the_ledger_that_is_broken_below_is_whole(data: bytes):
    entries = entries_of(data, "ledger")
    assert len(entries) == NUM_ENTRIES
    assert {entry.kind for entry in entries} > {"prediction", "forecast", "sealed", "reveal"}


def test_every_line_dropped_but_the_last_is_found_at_its_place(lines: list[bytes]):
    for index in range(NUM_ENTRIES - 1):
        told = refused(b"".join(lines[:index] + lines[index + 1 :]))
        assert told.startswith(f"ledger:{index + 1}: does not follow the line before")


def test_every_line_swapped_with_the_next_is_found(lines: list[bytes]):
    for index in range(NUM_ENTRIES - 1):
        swapped = [*lines[:index], lines[index + 1], lines[index], *lines[index + 2 :]]
        assert refused(b"".join(swapped)).startswith(f"ledger:{index + 1}:")


def test_every_line_written_twice_is_found(lines: list[bytes]):
    for index in range(NUM_ENTRIES):
        twice = [*lines[: index + 1], lines[index], *lines[index + 1 :]]
        assert refused(b"".join(twice)).startswith(f"ledger:{index + 2}:")


def test_every_line_appended_out_of_order_is_found(lines: list[bytes]):
    for index in range(NUM_ENTRIES):
        assert refused(b"".join([*lines, lines[index]])).startswith(f"ledger:{NUM_ENTRIES + 1}:")
        moved = [*lines[:index], *lines[index + 1 :], lines[index]]
        if index < NUM_ENTRIES - 1:
            assert refused(b"".join(moved)).startswith(f"ledger:{index + 1}:")


def test_bytes_changed_anywhere_are_found_at_their_line(data: bytes):
    generator = np.random.default_rng(20260102)
    for _ in range(NUM_CHANGES):
        place = int(generator.integers(len(data) - 1))
        byte = int(generator.integers(1, 256)) ^ data[place]
        changed = data[:place] + bytes([byte]) + data[place + 1 :]
        number = data.count(b"\n", 0, place) + 1
        assert refused(changed).startswith(f"ledger:{number}:")


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("a blank line", lambda data: data.replace(b"\n", b"\n\n", 1)),
        ("a blank line at the end", lambda data: data + b"\n"),
        ("lines that end as on Windows", lambda data: data.replace(b"\n", b"\r\n")),
        ("a byte order mark", lambda data: b"\xef\xbb\xbf" + data),
        ("a space", lambda data: data.replace(b"\n", b" \n", 1)),
        ("a key twice", lambda data: data.replace(b'{"at"', b'{"at":"x","at"', 1)),
        ("bytes that are no text", lambda data: b"\xff\xfe\n" + data),
        ("nesting", lambda data: b"[" * 100_000 + b"\n" + data),
    ],
)
def test_lines_are_read_as_they_were_written(data: bytes, name: str, change: object):
    assert callable(change)
    assert refused(change(data)), name


def test_an_entry_whose_bytes_are_not_canonical_is_refused_though_its_hash_fits(data: bytes):
    line = data.splitlines()[0]
    spaced = line.replace(b'{"at"', b'{ "at"', 1)
    assert refused(_rehashed(spaced) + b"\n").startswith("ledger:1: is not in canonical form")


def test_a_number_that_is_not_the_lines_is_refused(data: bytes):
    line = data.splitlines()[0].replace(b'"seq":1', b'"seq":2', 1)
    assert refused(_rehashed(line) + b"\n").startswith("ledger:1: seq is 2")


def test_a_tail_that_was_cut_off_whole_is_no_matter_of_the_chain(lines: list[bytes]):
    """`cpbench verify` finds it by what stands elsewhere."""
    for length in range(NUM_ENTRIES):
        assert len(entries_of(b"".join(lines[:length]), "ledger")) == length


def test_every_torn_last_line_says_how_to_repair_it(tmp_path: Path, lines: list[bytes]):
    path = tmp_path / "ledger.jsonl"
    for length in range(1, len(lines[-1]), 9):
        path.write_bytes(b"".join(lines[:-1]) + lines[-1][:length])
        with pytest.raises(TornError, match=r":50: the last line is torn.*ledger --repair"):
            read_ledger(path)


def _rehashed(line: bytes) -> bytes:
    """Return a line with the hash of its own bytes."""
    found = re.search(rb'"hash":"([0-9a-f]{64})",', line)
    assert found
    fresh = hashlib.sha256(line.replace(found[0], b"", 1)).hexdigest()
    return line.replace(found[1], fresh.encode(), 1)
