"""Who may have known: theories, twins, listings of what cannot exist, outcomes that turned."""

import hashlib
import json
from typing import cast

import pytest
from audits import commit, found, lock, only, train, unlock
from registers import Register, forecast
from studies import BET, Cpbench

from cpbench.ledger import (
    DisputePayload,
    ForecastPayload,
    KnownResult,
    ResolvePayload,
    TheoryFacts,
    append,
    known_results,
    read_ledger,
)
from cpbench.plan.compiling import load_compiled, load_plan_digest
from cpbench.project import Project
from cpbench.records.files import to_json, write_text
from cpbench.theories.shelf import Shelf, Shelved, shelf_of
from cpbench.theories.theory import Theory

LAW = """\
id: genius
about: {title: A law}
end: "10 epoch"
"""


def about(project: Project, **more: object) -> dict[str, object]:
    told = next(each for each in Register(project).claims() if each.claim.id == "harm")
    facts = {"prediction": "bet", "claim": "harm", "claim_hash": told.hash, "known_results": ()}
    return {**facts, **more}


def theory_says(project: Project, name: str, code: str, information: str = "spec") -> None:
    facts = TheoryFacts.model_validate({"version": "1", "information": information, "code": code})
    said = forecast(0.9, name, "harm")
    append(project, ForecastPayload(**about(project), forecast=said, theory=facts))


def put_on_shelf(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the law be the only theory there is."""
    shelf = Shelf({"genius": Shelved(cast("Theory", object()), "", _sha(LAW))}, ())
    monkeypatch.setattr("cpbench.verifying.machines.shelf_of", lambda _: shelf)


def test_a_theory_by_unknown_code_is_unverifiable_once_training_began(project: Project):
    unlock(project)
    theory_says(project, "uniform", "0" * 64)
    theory_says(project, "nobody", "0" * 64, "early")
    assert [status for status, _, _ in found(project)] == ["unverifiable"] * 2
    assert "by code that is not here" in found(project)[0][2]
    train(project, read_ledger(project.ledger)[-1].hash)
    assert found(project) == []


@pytest.mark.parametrize("information", ["spec", "early"])
def test_a_built_in_theory_may_speak_at_any_time(project: Project, information: str):
    unlock(project)
    theory_says(project, "uniform", shelf_of(project).theories["uniform"].code, information)
    assert found(project) == []


def test_a_law_speaks_after_training_began_only_if_it_was_committed_before(
    project: Project, monkeypatch: pytest.MonkeyPatch
):
    unlock(project)
    write_text(project.theories / "genius.yaml", LAW)
    put_on_shelf(monkeypatch)
    theory_says(project, "genius", _sha(LAW))
    assert "nothing shows that its theory is older" in only(project)[2]
    commit(project)
    assert "nothing shows that its theory is older" in only(project)[2]


def test_a_law_that_was_committed_before_training_is_believed(
    project: Project, monkeypatch: pytest.MonkeyPatch
):
    unlock(project)
    write_text(project.theories / "genius.yaml", LAW)
    commit(project)
    put_on_shelf(monkeypatch)
    theory_says(project, "genius", _sha(LAW))
    assert found(project) == []


def test_results_that_cannot_exist_yet_are_told_where_they_are_listed(project: Project):
    unlock(project)
    listed = KnownResult(protocol="blur", path="reports/results/blur.csv", sha256="a" * 64)
    facts = about(project, known_results=(listed,))
    append(project, DisputePayload(**facts, by="eve", reason="x"))
    train(project, read_ledger(project.ledger)[-1].hash)
    words = [what for _, place, what in found(project) if place == "specs/ledger.jsonl:2"]
    assert any("they cannot be its results" in what for what in words)


def test_results_of_the_same_protocol_under_another_name_are_known(
    project: Project, cpbench: Cpbench
):
    spec = project.protocol("blur").read_text().replace("{from: registration, n: 3}", "2")
    for name in ("one", "two"):
        write_text(project.protocol(name), spec.replace("id: blur", f"id: {name}"))
    digest = load_plan_digest(project, "one")
    write_text(project.plan("one"), to_json(load_compiled(project, "one").plan.json_value()))
    assert known_results(project, {"two": digest}) == ()
    write_text(project.result("one"), "seen")
    (known,) = known_results(project, {"two": digest})
    assert (known.protocol, known.path) == ("two", "reports/results/one.csv")
    assert known_results(project, ["two"]) == ()
    bet = (project.root / BET).read_text().replace("blur", "two").replace("id: bet", "id: again")
    write_text(project.predictions / "again.yaml", bet)
    cpbench("predict", "specs/predictions/again.yaml")
    (told,) = [each for each in Register(project).claims() if each.entry.seq == 2][:1]
    assert told.known_results == ("reports/results/one.csv",)
    assert all(each.is_late for each in told.forecasts)


def test_seeds_of_another_registration_make_another_experiment(project: Project):
    digest = load_plan_digest(project, "blur")
    assert known_results(project, {"again": digest}) == ()
    project.derived_seeds("blur").unlink()
    assert len(known_results(project, {"again": digest})) == 1


def test_results_of_another_protocol_are_not_a_twins(project: Project):
    digest = load_plan_digest(project, "blur")
    project.derived_seeds("blur").unlink()
    plan = project.plan("blur").read_text()
    write_text(project.plan("another"), plan.replace(digest, "f" * 64))
    write_text(project.result("another"), "seen")
    (known,) = known_results(project, {"again": digest})
    assert known.path == "reports/results/blur.csv"
    assert known_results(project, {"again": "e" * 64}) == ()


def test_a_claim_of_a_protocol_that_changed_is_annulled_and_asks_no_more(project: Project):
    commit(project)
    plan = json.loads(project.plan("blur").read_text())
    write_text(project.plan("blur"), to_json({**plan, "digest": "f" * 64}))
    train(project, "")
    texts = [what for _, _, what in found(project)]
    assert not [text for text in texts if "another start of training" in text]


def test_an_outcome_that_turned_since_it_was_recorded_is_told(project: Project):
    recorded = ResolvePayload(**about(project), state="yes", text="yes", results={})
    lock(project, text="protocol,arm,control\n")
    append(project, recorded)
    assert found(project) == []
    project.plan("blur").unlink()
    turned = [what for _, place, what in found(project) if place == "specs/ledger.jsonl:2"]
    assert turned == ["bet / harm was recorded as yes; now it is pending"]


def test_an_outcome_that_still_stands_as_recorded_is_not_told(project: Project):
    project.plan("blur").unlink()
    for state, turned in (("yes", 1), ("pending", 0)):
        append(project, ResolvePayload(**about(project), state=state, text=state, results={}))
        words = [what for _, place, what in found(project) if place.startswith("specs/ledger")]
        assert sum("was recorded as" in what for what in words) == turned


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
