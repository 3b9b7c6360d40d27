"""`cpbench verify` on a small record: whole, and then bent in one place after the other."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from audits import code, commit, found, lock, only, train, unlock
from registers import NOW, Register, long_ledger
from studies import BET, Cpbench

from cpbench.ledger import append, payload_of, read_ledger
from cpbench.plan.compiling import load_compiled, load_plan_digest
from cpbench.project import Project
from cpbench.records.files import to_json, write_text
from cpbench.records.provenance import StageProvenance, add_provenance
from cpbench.verifying import audit


def test_a_whole_record_is_clean(project: Project):
    assert found(project) == []
    report = audit(project)
    assert (report.num_entries, report.num_versions, report.num_heads) == (1, 1, 1)


def test_a_changed_entry_is_tampered_with_at_its_line(project: Project):
    broken = project.ledger.read_bytes().replace(b'"p":0.7', b'"p":0.9')
    project.ledger.write_bytes(broken)
    assert [finding[:2] for finding in found(project)] == [
        ("tampered", "specs/ledger.jsonl:1"),
        ("tampered", "specs/ledger.jsonl:1"),
    ]
    assert "differs from commit" in found(project)[1][2]
    assert code(project) == 4


def test_a_rewritten_ledger_is_found_by_git_though_its_chain_is_whole(project: Project):
    project.ledger.unlink()
    Register(project).register()
    texts = [finding[2] for finding in found(project) if finding[0] == "tampered"]
    assert any("differs from commit" in text for text in texts)
    assert any("is no entry" in text for text in texts)


def test_a_deleted_ledger_is_found(project: Project):
    project.ledger.unlink()
    assert code(project) == 4
    assert "specs/ledger.jsonl:1" in [finding[1] for finding in found(project)]


def test_a_ledger_that_was_deleted_for_a_while_is_held_against_its_versions_only(project: Project):
    data = project.ledger.read_bytes()
    project.ledger.unlink()
    commit(project)
    project.ledger.write_bytes(data)
    commit(project)
    assert found(project) == []


@pytest.mark.parametrize("keep", range(0, 50, 7))
def test_a_cut_off_tail_is_found_by_what_training_recorded(tmp_path: Path, keep: int):
    project = Project(tmp_path)
    long_ledger(project)
    train(project, read_ledger(project.ledger)[-1].hash, "other")
    assert not [finding for finding in audit(project).findings if finding.status == "tampered"]
    lines = project.ledger.read_bytes().splitlines(keepends=True)
    project.ledger.write_bytes(b"".join(lines[:keep]))
    (finding,) = [each for each in audit(project).findings if each.status == "tampered"]
    assert "other.json (train)" in finding.place
    assert "cut off or replaced" in finding.text


def test_a_cut_off_tail_is_found_by_the_scores_it_was_scored_with(project: Project):
    write_text(project.scores, json.dumps({"ledger_head": "f" * 64}))
    assert only(project)[:2] == ("tampered", "reports/scores.json")


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", "[" * 100_000])
def test_scores_of_another_version_say_nothing(project: Project, text: str):
    write_text(project.scores, text)
    assert found(project) == []


def test_without_git_and_without_provenance_nothing_bears_the_ledger_out(tmp_path: Path):
    project = Project(tmp_path)
    Register(project).register()
    assert [Path(place).name for _, place, _ in found(project)] == [
        "ledger.jsonl",
        "params.yaml",
        "blur.yaml",
    ]
    assert code(project) == 7


def test_derived_seeds_that_were_edited_are_found(project: Project):
    path = project.derived_seeds("blur")
    text = path.read_text()
    value = json.loads(text)
    seeds = value["seeds"]
    for edited, words in (
        ({**value, "seeds": [seeds[1], seeds[0], seeds[2]]}, "does not hold the seeds"),
        ({**value, "entry": "f" * 64}, "does not register blur"),
        ({**value, "protocol": "other"}, "does not register blur"),
        ({**value, "seeds": "all"}, "valid"),
    ):
        write_text(path, json.dumps(edited))
        (status, place, what) = only(project)
        assert (status, place) == ("tampered", "specs/seeds/blur.json")
        assert words in what
    write_text(path, text)
    assert found(project) == []


def test_seeds_of_a_later_entry_that_names_the_protocol_are_found(project: Project):
    prediction = read_ledger(project.ledger)[0].payload.prediction
    digest = load_plan_digest(project, "blur")
    later = prediction.model_copy(update={"id": "later"})
    entry = append(project, payload_of(project, later, {"blur": digest}), NOW)
    value = json.loads(project.derived_seeds("blur").read_text())
    write_text(project.derived_seeds("blur"), json.dumps({**value, "entry": entry.hash}))
    texts = [finding[2] for finding in found(project) if finding[0] == "tampered"]
    assert texts == [
        f"names entry {entry.hash[:12]}; {read_ledger(project.ledger)[0].hash[:12]} was the first"
    ]


def test_a_plan_with_other_seeds_is_found(project: Project):
    plan = json.loads(project.plan("blur").read_text())
    write_text(project.plan("blur"), json.dumps({**plan, "seeds": [1, 2, 3]}))
    assert only(project)[:2] == ("tampered", "pipelines/plans/blur.json")
    write_text(project.plan("blur"), "{}")
    assert only(project)[:2] == ("tampered", "pipelines/plans/blur.json")


def test_a_plan_of_an_edited_protocol_is_a_deviation_of_each_claim(project: Project):
    plan = json.loads(project.plan("blur").read_text())
    write_text(project.plan("blur"), json.dumps({**plan, "digest": "f" * 64}))
    assert {finding[0] for finding in found(project)} == {"deviations"}
    assert len(found(project)) == 3
    assert code(project) == 8


def test_seeds_are_those_of_the_ledger_also_where_their_file_is_gone(project: Project):
    project.derived_seeds("blur").unlink()
    assert found(project) == []
    plan = json.loads(project.plan("blur").read_text())
    seeds = dict(zip(plan["seeds"], (1, 2, 3), strict=True))
    runs = [{**run, "seed": seeds[run["seed"]]} for run in plan["runs"]]
    write_text(project.plan("blur"), json.dumps({**plan, "seeds": [1, 2, 3], "runs": runs}))
    (status, place, what) = only(project)
    assert (status, place) == ("tampered", "pipelines/plans/blur.json")
    assert "does not use the seeds that were registered" in what


def cut_seed(plan: dict[str, Any]) -> dict[str, Any]:
    kept = plan["seeds"][:2]
    return {**plan, "seeds": kept, "runs": [run for run in plan["runs"] if run["seed"] in kept]}


def cut_condition(plan: dict[str, Any]) -> dict[str, Any]:
    kept = [run for run in plan["runs"] if run["condition"] != len(plan["conditions"]) - 1]
    return {**plan, "conditions": plan["conditions"][:-1], "runs": kept}


@pytest.mark.parametrize(
    ("bend", "words"),
    [
        (cut_seed, "does not use the seeds"),
        (lambda plan: {**plan, "runs": plan["runs"][:-1]}, "does not hold every run"),
        (cut_condition, "is not what its protocol compiles to"),
        (lambda plan: {**plan, "metric": "test_accuracy_recalibrated"}, "is not what its protocol"),
    ],
)
def test_a_plan_that_was_cut_or_changed_is_found(
    project: Project, bend: Callable[[dict[str, Any]], dict[str, Any]], words: str
):
    write_text(project.plan("blur"), json.dumps(bend(json.loads(project.plan("blur").read_text()))))
    (status, place, what) = only(project)
    assert (status, place) == ("tampered", "pipelines/plans/blur.json")
    assert words in what


def test_seeds_that_a_protocol_names_need_no_registration(project: Project, cpbench: Cpbench):
    spec = project.protocol("blur")
    write_text(spec, spec.read_text().replace("{from: registration, n: 3}", "2"))
    unlock(project)
    cpbench("amend", BET, "--reason", "fewer seeds")
    plan = load_compiled(project, "blur").plan
    write_text(project.plan("blur"), to_json(plan.json_value()))
    train(project, read_ledger(project.ledger)[-1].hash)
    assert found(project) == []


def test_a_protocol_that_is_not_planned_and_has_no_results_is_clean(project: Project):
    unlock(project)
    project.plan("blur").unlink()
    assert found(project) == []
    write_text(project.result("blur"), "a,b\n")
    places = [place for _, place, _ in found(project)]
    assert "pipelines/plans/blur.json" in places


def test_a_plan_whose_protocol_was_edited_since_is_unverifiable(project: Project):
    spec = project.protocol("blur")
    write_text(spec, spec.read_text().replace("n: 3", "n: 2"))
    assert only(project)[:2] == ("unverifiable", "pipelines/plans/blur.json")
    project.plan("blur").unlink()
    statuses = [status for status, _, _ in found(project)]
    assert statuses == ["deviations", "deviations", "deviations", "unverifiable"]
    project.result("blur").unlink()
    spec.unlink()
    texts = [what for _, _, what in found(project)]
    assert texts[0].startswith("cannot be read")


def test_claims_about_a_protocol_that_is_not_listed_are_unverifiable(project: Project):
    write_text(project.params, "protocols: []\n")
    assert only(project)[:2] == ("unverifiable", "params.yaml")


def test_results_that_a_lock_or_an_entry_saw_and_that_are_gone_are_told(
    project: Project, cpbench: Cpbench
):
    data = project.result("blur").read_text()
    project.result("blur").unlink()
    assert only(project)[:2] == ("unverifiable", "reports/results/blur.csv")
    assert "dvc.lock saw it" in only(project)[2]
    write_text(project.result("blur"), data)
    cpbench("dispute", "bet", "harm", "--by", "eve", "--reason", "x")
    project.result("blur").unlink()
    (project.root / "dvc.lock").unlink()
    assert any("though entry 2 saw it" in what for _, _, what in found(project))
    write_text(project.root / "dvc.lock", "stages: [")
    assert code(project) == 4


def test_a_second_lock_does_not_cover_for_the_first(project: Project):
    lock(project, text="forged\n", folder="artifacts", file="pipelines/heavy/dvc.lock")
    assert only(project)[:2] == ("tampered", "reports/results/blur.csv")


def test_scores_that_their_stage_did_not_write_are_unverifiable(project: Project):
    with (project.root / "dvc.lock").open("a") as stream:
        stream.write("  score:\n    outs: [{path: reports/scores.json, md5: abc}]\n")
    assert found(project) == []
    write_text(project.scores, "{}")
    assert only(project)[:2] == ("unverifiable", "reports/scores.json")


def test_what_a_lock_says_of_other_outputs_is_nothing_to_results(project: Project):
    with (project.root / "dvc.lock").open("a") as stream:
        stream.write("  plot:\n    outs:\n")
        for path in ("reports/figures/blur.csv", "reports/results/blur.json", "blur.csv"):
            stream.write(f"    - {{path: {path}, md5: abc}}\n")
    assert found(project) == []


def test_results_edited_by_hand_are_found(project: Project):
    write_text(project.result("blur"), "a,c\n")
    assert only(project)[:2] == ("tampered", "reports/results/blur.csv")


def test_heavy_results_are_held_against_their_own_lock(project: Project):
    (project.root / "dvc.lock").unlink()
    lock(project, folder="artifacts", file="pipelines/heavy/dvc.lock")
    assert found(project) == []
    write_text(project.result("blur"), "a,c\n")
    assert code(project) == 4


@pytest.mark.parametrize("text", ["stages: [x]\n", "[]\n", "stages: {a: {outs: x}}\n"])
def test_results_that_no_lock_knows_are_unverifiable(project: Project, text: str):
    write_text(project.root / "dvc.lock", text)
    assert only(project)[:2] == ("unverifiable", "reports/results/blur.csv")


def test_a_lock_that_cannot_be_read_is_found(project: Project):
    write_text(project.root / "dvc.lock", "stages: [")
    assert ("tampered", "dvc.lock") in [finding[:2] for finding in found(project)]


def test_stages_other_than_training_anchor_the_ledger_too(project: Project):
    facts = StageProvenance(
        seconds=1, device="cpu", numerics={}, versions={}, commit="", dirty=False,
        ledger_head="f" * 64,
    )  # fmt: skip
    add_provenance(project.provenance("other"), "measure", facts)
    assert only(project)[:2] == ("tampered", "reports/provenance/other.json (measure)")


def test_provenance_that_cannot_be_read_is_found(project: Project):
    write_text(project.provenance("blur"), "{")
    assert found(project)[0][:2] == ("tampered", "reports/provenance/blur.json")
