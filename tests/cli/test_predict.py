import json
import stat
from pathlib import Path

import pytest
from studies import BET, FORECASTS, Cpbench, edit, make_study

from cpbench.ledger import ToldClaim, claims_of, read_ledger
from cpbench.project import Project
from cpbench.records.files import write_text


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "1000")
    return make_study(tmp_path)


def told(project: Project, claim: str = "harm") -> ToldClaim:
    return next(each for each in claims_of(read_ledger(project.ledger)) if each.claim.id == claim)


def test_a_prediction_is_explained_before_it_is_registered(project: Project, cpbench: Cpbench):
    said = cpbench("predict", BET).out
    for words in (
        "The damage to blur by a deficit removed at epoch 20 is greater than 1 percentage point.",
        "damage(blur, at=20) in pp",
        "ambiguous",
        "annulled",
        "counts as 0 %",
        "ann gives it 70%",
        "stake: ann USD 10.00 on yes, bob USD 10.00 on no",
        "ann: 3 ± 1",
        "bob: 1 to 4 pp with 80%",
        "cleo: 2.5",
        "dora: 10% below 1 pp, 50% below 2 pp, 90% below 4 pp",
        "ann: late 60%, early 30%, other 10%",
        "annulled unless damage(blur, at=20) > 0",
        "more than 10% of runs are missing",
        "a tie on the mean is declared: annul",
        "parimutuel pool: ann EUR 5.00 on late, cleo EUR 5.00 on other",
        "registered as entry 1",
    ):
        assert words in said
    assert len(read_ledger(project.ledger)) == 1


def test_rules_beyond_the_default_are_told(project: Project, cpbench: Cpbench):
    edit(
        project,
        "claim: damage(blur, at=20) > 1 pp\n    resolution: {rule: decisive,",
        "claim: end(blur) > 5\n    resolution: {rule: probabilistic, margin: 1 epoch,"
        ' agree: [drop90, logistic], deadline: "2030-01-01",',
    )
    edit(project, "end(blur) > 5", "end(blur) > 5 epoch")
    said = cpbench("predict", BET, "--dry-run").out
    for words in ("probabilistic", "within 1 epoch", "unless drop90, logistic", "2030"):
        assert words in said


def test_a_dry_run_writes_nothing(project: Project, cpbench: Cpbench):
    before = sorted(project.root.rglob("*"))
    assert "nothing was registered" in cpbench("predict", BET, "--dry-run").out
    assert sorted(project.root.rglob("*")) == before


def test_a_new_claim_says_how_seeds_are_redrawn(project: Project, cpbench: Cpbench):
    edit(
        project,
        "> 1 pp\n    resolution: {rule: decisive, draws: student,",
        "> 1 pp\n    resolution: {rule: decisive,",
    )
    said = cpbench("predict", BET)
    assert said.code == 3
    assert "claims.0.resolution: needs draws: student" in said.err
    assert not project.ledger.exists()


def test_people_do_not_forecast_under_the_name_of_a_theory(project: Project, cpbench: Cpbench):
    edit(project, "by: ann, claim: harm", "by: uniform, claim: harm")
    said = cpbench("predict", BET)
    assert said.code == 3
    assert "forecasts.0.by: 'uniform' is a theory; ask it with --theory uniform" in said.err


def test_seeds_that_wait_for_the_registration_are_derived_once(project: Project, cpbench: Cpbench):
    cpbench("predict", BET)
    written = project.derived_seeds("blur").read_text()
    assert len(json.loads(written)["seeds"]) == 3
    edit(project, "p: 0.7", "p: 0.6")
    assert cpbench("amend", BET, "--reason", "a second thought").code == 0
    assert project.derived_seeds("blur").read_text() == written
    assert len(read_ledger(project.ledger)) == 2


def test_a_protocol_that_names_its_seeds_gets_none(project: Project, cpbench: Cpbench):
    path = project.protocol("blur")
    write_text(path, path.read_text().replace("{from: registration, n: 3}", "3"))
    assert cpbench("predict", BET).code == 0
    assert not project.derived_seeds("blur").exists()


def test_registering_the_same_twice_says_so_and_appends_nothing(project: Project, cpbench: Cpbench):
    cpbench("predict", BET)
    before = project.ledger.read_bytes()
    assert "already registered as entry 1" in cpbench("predict", BET).out
    assert "already registered as entry 1" in cpbench("predict", BET, "--dry-run").out
    assert project.ledger.read_bytes() == before


def test_results_that_exist_are_warned_of(project: Project, cpbench: Cpbench):
    write_text(project.result("blur"), "seen")
    said = cpbench("predict", BET, "--dry-run").out
    assert "reports/results/blur.csv exists already" in said


def test_an_invalid_prediction_registers_nothing(project: Project, cpbench: Cpbench):
    edit(project, "damage(blur, at=20) > 1 pp", "damage(blur, at=21) > 1 pp")
    said = cpbench("predict", BET)
    assert said.code == 3
    assert "at=21 is not swept by blur" in said.err
    assert not project.ledger.exists()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("p: 0.7", "p: 0.6", "the forecast of ann on harm is gone or another"),
        ("> 1 pp", "> 2 pp", "claim harm or a protocol of it is another"),
        ("stake: 10.00", "stake: 20.00", "a bet on harm is gone or another"),
        ("nothing_run", "piloted", "another exposure"),
        ("id: harm", "id: damage", "claim harm is gone"),
        ("known_results: [{protocol: blur}]", "", "declared as known are gone"),
    ],
)
def test_a_registered_prediction_is_changed_by_amend_only(
    project: Project, cpbench: Cpbench, old: str, new: str, words: str
):
    cpbench("predict", BET)
    edit(project, old, new)
    if new == "id: damage":
        edit(project, "claim: harm, p: 0.7", "claim: damage, p: 0.7")
    said = cpbench("predict", BET)
    assert said.code == 2
    assert words in said.err
    assert f"use `cpbench amend {BET} --reason TEXT`" in said.err
    assert cpbench("amend", BET, "--reason", "a slip").code == 0
    assert read_ledger(project.ledger)[1].payload.reason == "a slip"


def test_adding_and_other_titles_need_no_amendment(project: Project, cpbench: Cpbench):
    cpbench("predict", BET)
    edit(project, "title: The flip does harm", "title: Flipping harms")
    write_text(
        project.predictions / "bet.yaml",
        (project.predictions / "bet.yaml").read_text() + "  - {by: bob, claim: harm, p: 0.2}\n",
    )
    assert cpbench("predict", BET).code == 0
    assert told(project).title_entry.seq == 2
    assert [each.by for each in told(project).forecasts] == ["ann", "bob"]


@pytest.mark.usefixtures("project")
def test_amending_needs_a_change_a_registration_and_a_reason(cpbench: Cpbench):
    assert "not registered yet" in cpbench("amend", BET, "--reason", "x").err
    cpbench("predict", BET)
    assert "there is nothing to amend" in cpbench("amend", BET, "--reason", "x").err
    assert "--reason: write" in cpbench("amend", BET, "--reason", " ").err


def test_a_party_accepts_all_its_bets_in_one_go(project: Project, cpbench: Cpbench):
    said = cpbench("predict", BET, "--by", "ann").out
    assert "ann stands by ann USD 10.00 on yes, bob USD 10.00 on no (harm); waits for bob" in said
    assert told(project).stakes[0].waiting_for == ("bob",)
    assert told(project, "which").stakes[0].waiting_for == ("cleo",)
    cpbench("predict", BET, "--by", "bob")
    assert told(project).stakes[0].waiting_for == ()
    assert "bob stands by all its bets there already" in cpbench("predict", BET, "--by", "bob").out


def test_a_stranger_accepts_nothing_and_registers_nothing(project: Project, cpbench: Cpbench):
    said = cpbench("predict", BET, "--by", "anne")
    assert said.code == 2
    assert "did you mean 'ann'?" in said.err
    assert not project.ledger.exists()


def test_a_forecast_file_adds_forecasts(project: Project, cpbench: Cpbench):
    cpbench("predict", BET)
    assert "bob gives it 30% (harm)" in cpbench("predict", "mine.yaml", "--dry-run").out
    assert len(read_ledger(project.ledger)) == 1
    assert "entry 2" in cpbench("predict", "mine.yaml", "--by", "bob").out
    assert [each.by for each in told(project).forecasts] == ["ann", "bob"]
    assert "1 said already" in cpbench("predict", "mine.yaml").out


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "claim: harm",
            "claim: ham",
            "mine.yaml:3:15: forecasts.0.claim: claim 'ham' is not known",
        ),
        ("p: 0.3", "point: 3", "does not answer a binary claim; write p"),
        ("p: 0.3", "p: 1.3", "forecasts.0.p"),
        ("prediction: bet", "prediction: bat", "did you mean 'bet'?"),
        ("bob", "'b\x1b[31mb'", "control character"),
    ],
)
def test_a_forecast_file_that_fits_nothing_is_refused(
    project: Project, cpbench: Cpbench, old: str, new: str, words: str
):
    cpbench("predict", BET)
    write_text(Path("mine.yaml"), FORECASTS.replace(old, new))
    said = cpbench("predict", "mine.yaml")
    assert said.code in {2, 3}
    assert words in said.err
    assert len(read_ledger(project.ledger)) == 1


@pytest.mark.usefixtures("project")
def test_forecasts_of_others_are_not_entered_as_ones_own(cpbench: Cpbench):
    cpbench("predict", BET)
    said = cpbench("predict", "mine.yaml", "--by", "ann")
    assert "has forecasts by bob, not only ann" in said.err


def test_a_sealed_forecast_is_kept_here_and_told_later(project: Project, cpbench: Cpbench):
    cpbench("predict", BET)
    said = cpbench("predict", "mine.yaml", "--sealed").out
    (kept,) = (project.root / ".cpbench" / "sealed").glob("*.json")
    assert f"keep .cpbench/sealed/{kept.name}" in said
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert b"0.3" not in project.ledger.read_bytes().splitlines()[1]
    assert told(project).forecasts[1].forecast is None
    assert "nothing to reveal" in cpbench("reveal").out
    write_text(project.result("blur"), "seen")
    assert "bob gives it 30% (harm)" in cpbench("reveal").out
    assert told(project).forecasts[1].forecast.p == 0.3
    assert not told(project).forecasts[1].is_late
    assert "nothing to reveal" in cpbench("reveal", "--all").out


def test_a_seal_that_was_tampered_with_or_is_none_is_not_opened(project: Project, cpbench: Cpbench):
    cpbench("predict", BET)
    cpbench("predict", "mine.yaml", "--sealed")
    (kept,) = (project.root / ".cpbench" / "sealed").glob("*.json")
    kept.write_text(kept.read_text().replace("0.3", "0.9"))
    assert "opens no seal of the ledger" in cpbench("reveal", str(kept)).err
    kept.write_text("{}")
    assert cpbench("reveal", "--all").code == 3
    assert "cannot be read" in cpbench("reveal", "nowhere.json").err
    assert len(read_ledger(project.ledger)) == 2


@pytest.mark.usefixtures("project")
def test_a_prediction_file_cannot_be_sealed(cpbench: Cpbench):
    assert "goes with a forecast file" in cpbench("predict", BET, "--sealed").err


def test_what_was_entered_is_told_as_json(project: Project, cpbench: Cpbench):
    value = json.loads(cpbench("predict", BET, "--by", "ann", "--json").out)
    kinds = [(entry["seq"], entry["kind"]) for entry in value["entries"]]
    assert kinds == [(1, "prediction"), (2, "accept"), (3, "accept")]
    assert value["entries"][0]["hash"] == read_ledger(project.ledger)[0].hash


def test_theories_are_asked_about_what_is_registered(project: Project, cpbench: Cpbench):
    cpbench("predict", BET)
    said = cpbench("predict", "bet", "--theory", "uniform")
    assert "uniform gives it 50% (harm)" in said.out
    assert "uniform" in [each.by for each in told(project).forecasts]
    assert "nothing was registered" in cpbench("predict", BET, "--theory", "all", "--dry-run").out
    assert "leave out --by" in cpbench("predict", "bet", "--theory", "all", "--by", "ann").err
