import json
import os
from pathlib import Path

import pytest

from cpbench.errors import EnvironmentFault, EvidenceError
from cpbench.records.files import read_record, to_json, write_text
from cpbench.records.plans import Plan
from cpbench.records.provenance import StageProvenance, add_provenance, read_provenance

FACTS = StageProvenance(
    seconds=1.5,
    device="cpu",
    numerics={},
    versions={"torch": "2"},
    commit="",
    dirty=False,
    ledger_head="",
)


def test_a_text_replaces_the_one_before_and_leaves_nothing_beside_it(tmp_path: Path):
    path = tmp_path / "deep" / "file.txt"
    write_text(path, "one\n")
    write_text(path, "zwei λ̂\n")
    assert path.read_bytes() == "zwei λ̂\n".encode()
    assert [each.name for each in path.parent.iterdir()] == ["file.txt"]


def test_a_write_that_fails_leaves_the_old_text_and_no_half_of_the_new(tmp_path: Path):
    path = tmp_path / "file.txt"
    write_text(path, "old\n")
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "new \ud800\n")
    assert path.read_text() == "old\n"
    assert [each.name for each in tmp_path.iterdir()] == ["file.txt"]


def test_where_there_is_no_room_that_is_said_in_one_line_and_the_old_text_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "file.txt"
    write_text(path, "old\n")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(EnvironmentFault, match=r"file\.txt: 4 bytes .*No space left") as caught:
        write_text(path, "new\n")
    assert "\n" not in str(caught.value)
    assert path.read_text() == "old\n"
    assert [each.name for each in tmp_path.iterdir()] == ["file.txt"]


def test_a_reader_sees_the_old_text_or_the_new_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "file.txt"
    write_text(path, "old\n")
    seen: list[str] = []
    rename = os.replace
    monkeypatch.setattr("os.rename", lambda *_: pytest.fail("a rename may refuse an existing file"))
    monkeypatch.setattr(
        "os.replace", lambda *given: (seen.append(path.read_text()), rename(*given))
    )
    write_text(path, "new\n")
    assert seen == ["old\n"]
    assert path.read_text() == "new\n"


def test_json_reads_back_and_gives_each_thing_a_line_of_its_own():
    value = {"a": {"b": [1, 2], "c": "λ̂"}, "runs": [{"x": 1}, {"x": 2}], "empty": []}
    text = to_json(value)
    assert json.loads(text) == value
    assert '  "runs": [\n    {"x": 1},\n    {"x": 2}\n  ]' in text


def test_what_is_not_a_number_is_not_written():
    with pytest.raises(ValueError, match="JSON"):
        to_json({"a": float("nan")})


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"protocol": 3}', b"\xff"])
def test_a_record_of_another_form_names_the_stage_that_makes_it(tmp_path: Path, content: bytes):
    path = tmp_path / "tiny.json"
    path.write_bytes(content)
    with pytest.raises(
        EvidenceError, match=r"tiny\.json: .*re-run `dvc repro plan@tiny`"
    ) as caught:
        read_record(Plan, path, stage="plan@tiny")
    assert "\n" not in str(caught.value)


def test_a_missing_record_names_the_stage_that_makes_it(tmp_path: Path):
    with pytest.raises(EvidenceError, match=r"tiny\.json: is missing; run `dvc repro plan@tiny`"):
        read_record(Plan, tmp_path / "tiny.json", stage="plan@tiny")


def test_each_stage_keeps_its_own_provenance(tmp_path: Path):
    path = tmp_path / "tiny.json"
    assert read_provenance(path).stages == {}
    add_provenance(path, "train", FACTS)
    add_provenance(path, "measure", FACTS.model_copy(update={"seconds": 2.5}))
    add_provenance(path, "train", FACTS.model_copy(update={"seconds": 3.5}))
    assert {name: stage.seconds for name, stage in read_provenance(path).stages.items()} == {
        "measure": 2.5,
        "train": 3.5,
    }
