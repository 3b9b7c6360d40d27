"""What was done openly, but otherwise than registered or too late; and how it is told."""

import json
from collections.abc import Iterable

import pytest
from audits import code, commit, found, lock, only, train, unlock
from registers import NOW, Register, chain
from studies import BET, Cpbench

from cpbench.ledger import DisputePayload, PredictionPayload, claims_of, read_ledger
from cpbench.project import Project
from cpbench.records.files import write_text


def test_training_that_began_before_its_registration_is_a_deviation(project: Project):
    train(project, "")
    assert len(found(project)) == 3
    status, place, what = found(project)[0]
    assert (status, place) == ("deviations", "reports/provenance/blur.json")
    assert what == "bet / harm: training began at entry 0, before entry 1, where it was registered"


def test_a_forecast_between_the_start_of_training_and_its_results_is_told(
    project: Project, cpbench: Cpbench
):
    unlock(project)
    cpbench("predict", "mine.yaml")
    assert only(project)[2] == (
        "bet / harm: training began at entry 1, before entry 2, where bob forecast"
    )
    assert "nothing bears out entries 2 to 2 yet" in cpbench("verify").out
    commit(project)
    assert "nothing bears out" not in cpbench("verify").out


def test_training_that_does_not_say_when_it_began_is_unverifiable(project: Project):
    train(project, None)
    assert {finding[0] for finding in found(project)} == {"unverifiable"}


@pytest.mark.parametrize(
    ("commands", "line", "words"),
    [
        ([("predict", "mine.yaml")], 2, "bet / harm: the forecast of bob is late"),
        ([("dispute", "bet", "harm", "--by", "eve", "--reason", "x")], 2, "disputed by eve: x"),
        ([("accept", "bet", "harm", "--by", by) for by in ("ann", "bob")], 1, "ann, bob is late"),
        (
            [("withdraw", "bet", "harm", "--by", "ann", "--reason", "x")],
            2,
            "ann withdrew the claim when results existed",
        ),
    ],
)
def test_what_was_done_too_late_is_a_deviation_at_its_line(
    project: Project, cpbench: Cpbench, commands: Iterable[tuple[str, ...]], line: int, words: str
):
    for each in commands:
        assert cpbench(*each).code == 0
    (status, place, what) = only(project)
    assert (status, place) == ("deviations", f"specs/ledger.jsonl:{line}")
    assert words in what


def test_a_seal_that_is_not_opened_once_results_exist_is_a_deviation(
    project: Project, cpbench: Cpbench
):
    unlock(project)
    cpbench("predict", "mine.yaml", "--sealed")
    train(project, read_ledger(project.ledger)[-1].hash)
    assert found(project) == []
    lock(project)
    assert "what bob sealed is not revealed" in only(project)[2]
    cpbench("reveal")
    assert found(project) == []


def test_an_amendment_in_time_is_no_deviation(project: Project, cpbench: Cpbench):
    unlock(project)
    path = project.predictions / "bet.yaml"
    write_text(path, path.read_text().replace("> 1 pp", "> 2 pp"))
    cpbench("amend", BET, "--reason", "a slip")
    train(project, read_ledger(project.ledger)[-1].hash)
    assert found(project) == []


def test_entries_about_what_nobody_registered_and_clocks_that_run_back_are_told(project: Project):
    unlock(project)
    register = Register(project)
    facts = {"prediction": "bet", "claim": "nothing", "claim_hash": "a" * 64, "known_results": ()}
    payload = DisputePayload(**facts, by="eve", reason="x")
    register.add(payload, NOW._replace(at="2020-01-01T00:00:00Z"))
    register.add(payload, NOW._replace(at="yesterday"))
    texts = {what for _, _, what in found(project)}
    assert "is about bet / nothing, which nobody registered" in texts
    assert sum("and the entry before it" in text for text in texts) == 2


def test_claims_that_were_withdrawn_before_training_are_clean(project: Project, cpbench: Cpbench):
    unlock(project)
    for claim, parties in (
        ("harm", ("ann",)),
        ("how_much", ("ann", "bob", "cleo", "dora")),
        ("which", ("ann",)),
    ):
        for by in parties:
            cpbench("withdraw", "bet", claim, "--by", by, "--reason", "x")
    assert all(told.is_withdrawn for told in claims_of(read_ledger(project.ledger)))
    assert {what.rpartition("withdrew ")[2] for _, _, what in found(project)} == {"the claim"}
    train(project, read_ledger(project.ledger)[-1].hash)
    assert found(project) == []


def test_the_command_names_place_and_status_and_what_it_cannot_show(
    project: Project, cpbench: Cpbench
):
    said = cpbench("verify")
    assert (said.code, "clean: 0 findings" in said.out) == (0, True)
    assert "what this record cannot show:" in said.out
    write_text(project.result("blur"), "a,c\n")
    said = cpbench("verify")
    assert said.code == 4
    assert said.out.startswith("reports/results/blur.csv: tampered: was changed")
    assert "tampered: 1 finding\n" in said.out


def test_the_command_speaks_json(project: Project, cpbench: Cpbench):
    train(project, None)
    said = cpbench("verify", "--json")
    value = json.loads(said.out)
    assert (said.code, value["exit_code"], value["status"]) == (7, 7, "unverifiable")
    assert {"status", "place", "text"} == value["findings"][0].keys()
    assert value["cannot_show"]


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("accept", "bet", "harm", "--by", "ann"), "where ann accepted a bet"),
        (("withdraw", "bet", "harm", "--forecast", "--by", "ann", "--reason", "x"), "its forecast"),
        (("withdraw", "bet", "harm", "--by", "ann", "--reason", "x"), "withdrew the claim"),
        (("predict", "mine.yaml", "--sealed"), "where bob sealed a forecast"),
        (("offer", "bet", "harm", "{yes: bob, no: cleo, odds: even, stake: 1, currency: USD}",
          "--by", "bob"), "where bob offered a bet"),
    ],
)  # fmt: skip
def test_what_is_entered_once_training_began_is_a_deviation(
    project: Project, cpbench: Cpbench, command: tuple[str, ...], words: str
):
    unlock(project)
    assert cpbench(*command).code == 0
    assert any(words in what for _, _, what in found(project))
    assert code(project) in {7, 8}


def test_rewording_and_dropping_once_training_began_are_deviations(
    project: Project, cpbench: Cpbench
):
    unlock(project)
    path = project.predictions / "bet.yaml"
    text = path.read_text()
    write_text(path, text.replace("> 1 pp", "> 2 pp"))
    cpbench("amend", BET, "--reason", "x")
    assert "before entry 2, where it was reworded" in found(project)[0][2]
    start, stop = text.index("  - id: harm"), text.index("  - id: how_much")
    kept = text[:start] + text[stop:]
    write_text(path, kept.replace("  - {by: ann, claim: harm, p: 0.7}\n", ""))
    cpbench("amend", BET, "--reason", "x")
    assert "before entry 3, where it was left out" in found(project)[1][2]


def test_hidden_results_do_not_make_an_entry_timely_once_they_were_committed(
    project: Project, cpbench: Cpbench
):
    commit(project)
    project.provenance("blur").unlink()
    data = project.result("blur").read_text()
    project.result("blur").unlink()
    cpbench("predict", "mine.yaml")
    write_text(project.result("blur"), data)
    texts = [what for _, _, what in found(project)]
    assert any("training began at entry 1, before entry 2, where bob" in text for text in texts)
    assert {status for status, _, _ in found(project)} == {"unverifiable", "deviations"}


def test_results_without_a_record_of_training_are_unverifiable(project: Project):
    project.provenance("blur").unlink()
    (status, place, what) = found(project)[0]
    assert (status, place) == ("unverifiable", "reports/provenance/blur.json")
    assert "has no record of training, though results exist" in what
    project.result("blur").unlink()
    assert [what for _, place, what in found(project) if "provenance" in place] == []


def test_an_edited_start_of_training_is_held_against_its_commits(
    project: Project, cpbench: Cpbench
):
    commit(project)
    data = project.result("blur").read_text()
    project.result("blur").unlink()
    cpbench("predict", "mine.yaml")
    write_text(project.result("blur"), data)
    train(project, read_ledger(project.ledger)[-1].hash)
    assert {status for status, _, _ in found(project)} == {"unverifiable", "deviations"}
    assert "states another start of training than every commit of it" in found(project)[0][2]
    commit(project)
    assert "training began at entry 1, before entry 2" in only(project)[2]


def test_commits_of_another_protocol_or_of_no_record_say_nothing(project: Project):
    head = read_ledger(project.ledger)[-1].hash
    plan = project.plan("blur").read_text()
    write_text(project.plan("blur"), plan.replace('"digest": "', '"digest": "f'))
    train(project, "")
    commit(project)
    write_text(project.plan("blur"), plan)
    write_text(project.provenance("blur"), "{")
    commit(project)
    project.provenance("blur").unlink()
    train(project, head)
    assert found(project) == []


def test_results_first_committed_before_an_entry_bound_when_it_was_made(
    project: Project, cpbench: Cpbench
):
    project.provenance("blur").unlink()
    commit(project)
    data = project.result("blur").read_text()
    project.result("blur").unlink()
    cpbench("predict", "mine.yaml")
    write_text(project.result("blur"), data)
    train(project, read_ledger(project.ledger)[-1].hash)
    assert "results were committed" in only(project)[2]
    assert "after entry 1, before entry 2, where bob forecast" in only(project)[2]


def test_an_entry_no_command_writes_is_tampered_with_at_its_line(project: Project):
    value = read_ledger(project.ledger)[0].payload.json_value()
    payload = PredictionPayload.model_validate_json(json.dumps({**value, "protocols": {}}))
    chain(project, payload)
    status, place, what = found(project)[0]
    assert (status, place) == ("tampered", "specs/ledger.jsonl:2")
    assert "names blur, whose digest is not registered" in what


def test_a_clock_ahead_of_ours_is_told(project: Project):
    unlock(project)
    facts = {"prediction": "bet", "claim": "harm", "claim_hash": "a" * 64, "known_results": ()}
    payload = DisputePayload(**facts, by="eve", reason="x")
    Register(project).add(payload, NOW._replace(at="2999-01-01T00:00:00Z"))
    assert any("which is not yet" in what for _, _, what in found(project))
