import json
from pathlib import Path

import pytest

from cpbench.digests import canonical, digest
from cpbench.errors import IntegrityError
from cpbench.ledger import (
    Circumstances,
    GitState,
    append,
    derived_seeds,
    head,
    latest,
    payload_of,
    read_ledger,
    registered,
    write_derived_seeds,
)
from cpbench.project import Project
from cpbench.specs.predictions import Prediction

NOW = Circumstances("2026-01-02T03:04:05Z", "Ann", GitState(commit="", dirty=False))
PROTOCOLS = {"blur": "a" * 64}


def prediction(name: str = "bet", *, p: float = 0.7, title: str = "A bet") -> Prediction:
    claim = {
        "id": "later", "title": "Later", "type": "binary", "claim": "end(blur) > 0",
        "resolution": {"rule": "point", "on_divergence": "drop"},
    }  # fmt: skip
    value = {
        "id": name, "about": {"title": title}, "exposure": "nothing_run", "claims": [claim],
        "forecasts": [{"by": "ann", "claim": "later", "p": p}],
    }  # fmt: skip
    return Prediction.model_validate_json(json.dumps(value))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def enter(project: Project, *predictions: Prediction) -> None:
    for each in predictions:
        append(project, payload_of(project, each, PROTOCOLS), NOW)


def test_a_ledger_that_is_not_there_is_empty(project: Project):
    assert read_ledger(project.ledger) == ()
    assert head(()) == ""


def test_each_line_is_canonical_and_holds_the_hash_of_the_one_before(project: Project):
    enter(project, prediction("one"), prediction("two"))
    lines = project.ledger.read_bytes().splitlines()
    first, second = (json.loads(line) for line in lines)
    assert [canonical(first), canonical(second)] == lines
    assert first["hash"] == digest({key: value for key, value in first.items() if key != "hash"})
    assert (first["prev"], second["prev"]) == ("", first["hash"])
    assert (first["seq"], second["seq"], second["author"]) == (1, 2, "Ann")


def test_the_same_prediction_is_registered_once_and_an_edited_one_again(project: Project):
    enter(project, prediction(), prediction(), prediction(title="Another title"), prediction(p=0.6))
    entries = read_ledger(project.ledger)
    assert [entry.payload.prediction.forecasts[0].p for entry in entries] == [0.7, 0.6]
    assert latest(entries)["bet"].seq == 2


def test_the_same_prediction_about_an_edited_protocol_is_not_yet_registered(project: Project):
    enter(project, prediction())
    entries = read_ledger(project.ledger)
    same = payload_of(project, prediction(), PROTOCOLS)
    assert registered(entries, same)
    assert registered(entries, payload_of(project, prediction(), {"blur": "b" * 64})) is None


def test_results_that_exist_are_entered_with_their_hash(project: Project):
    project.results.mkdir(parents=True)
    project.result("blur").write_text("seen")
    payload = payload_of(project, prediction(), PROTOCOLS)
    assert [known.path for known in payload.known_results] == ["reports/results/blur.csv"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b'"p":0.7', b'"p":0.8', ":1: does not have the hash"),
        (b'"author":"Ann"', b'"author":"Eve"', ":1: does not have the hash"),
        (b'{"at"', b'{ "at"', ":1: does not have the hash"),
        (b'"kind":"prediction"', b'"kind":"other"', ":1: is not a ledger entry"),
    ],
)
def test_an_edited_line_is_named(project: Project, old: bytes, new: bytes, words: str):
    enter(project, prediction("one"), prediction("two"))
    project.ledger.write_bytes(project.ledger.read_bytes().replace(old, new, 1))
    with pytest.raises(IntegrityError, match=words):
        read_ledger(project.ledger)


def test_a_removed_moved_or_cut_line_is_named(project: Project):
    enter(project, prediction("one"), prediction("two"))
    first, second = project.ledger.read_bytes().splitlines(keepends=True)
    for broken, words in (
        (second, ":1: does not follow"),
        (second + first, ":1:"),
        (first + second[:-9], ":2:"),
    ):
        project.ledger.write_bytes(broken)
        with pytest.raises(IntegrityError, match=words):
            read_ledger(project.ledger)


def test_a_forged_payload_is_found_even_under_a_fresh_hash(project: Project):
    enter(project, prediction())
    entry = json.loads(project.ledger.read_bytes())
    entry["payload"]["prediction"]["forecasts"][0]["p"] = 0.1
    body = {key: value for key, value in entry.items() if key != "hash"}
    project.ledger.write_bytes(canonical(body | {"hash": digest(body)}) + b"\n")
    with pytest.raises(IntegrityError, match="payload"):
        read_ledger(project.ledger)


def test_nothing_is_appended_to_a_broken_chain(project: Project):
    enter(project, prediction())
    broken = project.ledger.read_bytes().replace(b"Ann", b"Eve")
    project.ledger.write_bytes(broken)
    with pytest.raises(IntegrityError):
        enter(project, prediction("two"))
    assert project.ledger.read_bytes() == broken


def test_seeds_come_from_the_first_entry_that_names_the_protocol_as_it_is(project: Project):
    enter(project, prediction("one"))
    early = derived_seeds(read_ledger(project.ledger), "blur", "a" * 64, 5)
    enter(project, prediction("two"), prediction("one", p=0.1))
    entries = read_ledger(project.ledger)
    assert derived_seeds(entries, "blur", "a" * 64, 5) == early
    assert early.entry == entries[0].hash
    assert len(set(early.seeds)) == 5
    assert all(0 <= seed < 2**31 for seed in early.seeds)
    assert derived_seeds(entries, "blur", "a" * 64, 8).seeds[:5] == early.seeds
    with pytest.raises(LookupError):
        derived_seeds(entries, "blur", "b" * 64, 5)


def test_derived_seeds_are_written_where_the_plan_reads_them(project: Project):
    enter(project, prediction())
    seeds = derived_seeds(read_ledger(project.ledger), "blur", "a" * 64, 3)
    path = write_derived_seeds(project, seeds)
    assert path == project.derived_seeds("blur")
    assert json.loads(path.read_text()) == {
        "protocol": "blur",
        "entry": seeds.entry,
        "seeds": list(seeds.seeds),
    }
