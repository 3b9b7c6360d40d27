"""Commands that add to the ledger after a prediction is registered: accept, withdraw, dispute."""

import json
from pathlib import Path

import pytest
from studies import BET, Cpbench, edit, make_study

from cpbench.ledger import (
    Circumstances,
    DisputePayload,
    ResolvePayload,
    ToldClaim,
    append,
    claims_of,
    read_ledger,
)
from cpbench.project import Project
from cpbench.records.derived_seeds import read_derived_seeds
from cpbench.records.files import write_text

WHY = ("--reason", "a slip")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cpbench: Cpbench) -> Project:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "1000")
    project = make_study(tmp_path)
    assert cpbench("predict", BET).code == 0
    return project


def told(project: Project, claim: str = "harm") -> ToldClaim:
    return next(each for each in claims_of(read_ledger(project.ledger)) if each.claim.id == claim)


def test_accepting_says_what_one_stands_by(project: Project, cpbench: Cpbench):
    said = cpbench("accept", "bet", "harm", "--by", "ann").out
    assert "ann stands by ann USD 10.00 on yes, bob USD 10.00 on no (harm); waits for bob" in said
    assert cpbench("accept", "bet", "harm", "--by", "bob").out.strip().endswith("made")
    assert told(project).stakes[0].waiting_for == ()


def test_accepting_after_results_is_warned_of(project: Project, cpbench: Cpbench):
    write_text(project.result("blur"), "seen")
    assert "late: shown, not scored" in cpbench("accept", "bet", "harm", "--by", "ann").out


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (("accept", "bat", "harm", "--by", "ann"), "did you mean 'bet'?"),
        (("accept", "bet", "ham", "--by", "ann"), "did you mean 'harm'?"),
        (("accept", "bet", "harm", "--by", "anne"), "did you mean 'ann'?"),
        (("withdraw", "bet", "harm", "--by", "anne", *WHY), "party with a claim on harm"),
        (("withdraw", "bet", "harm", "--by", "bob", "--forecast", *WHY), "a forecast on harm"),
        (("withdraw", "bet", "how_much", "--by", "ann", "--stake", *WHY), "a stake on how_much"),
        (("withdraw", "bet", "harm", "--by", "ann", "--reason", ""), "--reason: write"),
        (("dispute", "bet", "harm", "--by", "Ann B", *WHY), "--by 'Ann B': write small letters"),
        (("dispute", "bet", "harm", "--by", "\x1b[31mann", *WHY), "--by '\\\\x1b[31mann'"),
    ],
)
def test_names_that_fit_nothing_are_refused(
    project: Project, cpbench: Cpbench, words: tuple[str, ...], answer: str
):
    said = cpbench(*words)
    assert said.code == 2
    assert answer in said.err
    assert "\x1b" not in said.err
    assert len(read_ledger(project.ledger)) == 1


def test_a_forecast_is_withdrawn(project: Project, cpbench: Cpbench):
    assert cpbench("withdraw", "bet", "harm", "--by", "ann", "--forecast", *WHY).code == 0
    assert told(project).forecasts[0].is_withdrawn
    assert not told(project).stakes[0].is_withdrawn


def test_a_bet_is_withdrawn(project: Project, cpbench: Cpbench):
    cpbench("withdraw", "bet", "harm", "--by", "bob", "--stake", *WHY)
    assert told(project).stakes[0].is_withdrawn
    assert not told(project).forecasts[0].is_withdrawn
    assert (
        "a stake on harm" in cpbench("withdraw", "bet", "harm", "--by", "bob", "--stake", *WHY).err
    )


def test_a_claim_is_withdrawn_by_those_it_concerns_and_then_void(
    project: Project, cpbench: Cpbench
):
    said = cpbench("withdraw", "bet", "harm", "--by", "ann", *WHY, "--json").out
    assert json.loads(said)["lines"] == [
        f"entry 2 ({read_ledger(project.ledger)[1].hash[:12]}): ann withdraws the claim on harm",
        "the claim is void now",
    ]
    assert told(project).is_withdrawn
    said = cpbench("accept", "bet", "harm", "--by", "bob")
    assert (said.code, "it is void" in said.err) == (2, True)


def test_withdrawing_after_results_is_told_to_change_nothing(project: Project, cpbench: Cpbench):
    write_text(project.result("blur"), "seen")
    said = cpbench("withdraw", "bet", "harm", "--by", "ann", *WHY).out
    assert "shown as a deviation and changes nothing" in said
    assert not told(project).is_withdrawn


def test_a_dispute_is_put_on_record(project: Project, cpbench: Cpbench):
    said = cpbench("dispute", "bet", "harm", "--by", "eve", "--reason", "the \x1b[31mplot\nis off")
    assert "eve disputes bet / harm: the \\x1b[31mplot\\nis off" in said.out
    assert "disputed by eve" in told(project).deviations[0]


BET_10 = "{yes: bob, no: eve, odds: 3:1 against, stake: 10, currency: USD}"


def test_a_bet_is_offered_and_made_when_it_is_accepted(project: Project, cpbench: Cpbench):
    said = cpbench("offer", "bet", "harm", BET_10, "--by", "eve").out
    words = "eve offers bob USD 10.00 on yes, eve USD 30.00 on no (harm); waits for bob"
    assert words in said
    assert told(project).stakes[1].waiting_for == ("bob",)
    assert "is there already" in cpbench("offer", "bet", "harm", BET_10, "--by", "eve").err
    cpbench("accept", "bet", "harm", "--by", "bob")
    assert told(project).stakes[1].waiting_for == ()


@pytest.mark.parametrize(
    ("claim", "stake", "by", "answer"),
    [
        ("how_much", BET_10, "eve", "how_much is numeric"),
        ("harm", BET_10, "ann", "party of the bet 'ann' is not known; allowed: bob, eve"),
        ("harm", BET_10.replace("eve", "bob"), "bob", "would bet against itself"),
        ("harm", BET_10.replace("10", "ten"), "eve", "STAKE:1:"),
        ("harm", "10 dollars", "eve", "STAKE:1:1"),
    ],
)
def test_what_is_no_bet_is_not_offered(
    project: Project, cpbench: Cpbench, claim: str, stake: str, by: str, answer: str
):
    said = cpbench("offer", "bet", claim, stake, "--by", by)
    assert said.code in {2, 3}
    assert answer in said.err
    assert len(read_ledger(project.ledger)) == 1


@pytest.mark.usefixtures("project")
def test_the_ledger_is_listed_for_people(cpbench: Cpbench, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "60")
    cpbench("offer", "bet", "harm", BET_10, "--by", "eve")
    cpbench("accept", "bet", "harm", "--by", "ann")
    cpbench("predict", "mine.yaml")
    cpbench("predict", "mine.yaml", "--sealed")
    cpbench("reveal", "--all")
    cpbench("withdraw", "bet", "harm", "--by", "ann", "--forecast", *WHY)
    cpbench("dispute", "bet", "harm", "--by", "eve", "--reason", "\x1b[31m*off*")
    said = cpbench("ledger").out
    flat = " ".join(said.split())
    for words in (
        "bet, 3 claims, 6 forecasts",
        "eve offers: bob USD 10.00",
        "ann stands by bet",
        "bob gives it 30%",
        "under seal",
        "ann withdraws a forecast",
        "\\x1b[31m*off*",
    ):
        assert words in flat, words
    assert "\x1b" not in said
    assert max(map(len, said.splitlines())) <= 60


def test_outcomes_that_were_recorded_are_listed(project: Project, cpbench: Cpbench):
    facts = {"prediction": "bet", "claim": "harm", "claim_hash": told(project).hash}
    said = ResolvePayload(**facts, known_results=(), state="yes", text="yes (0.97)", results={})
    append(project, said)
    assert "bet / harm: yes (0.97)" in " ".join(cpbench("ledger").out.split())


@pytest.mark.usefixtures("project")
def test_the_ledger_is_listed_for_programs(cpbench: Cpbench):
    (entry,) = json.loads(cpbench("ledger", "--json").out)
    assert (entry["seq"], entry["kind"]) == (1, "prediction")


def test_an_empty_ledger_says_how_to_fill_it(project: Project, cpbench: Cpbench):
    project.ledger.unlink()
    assert "nothing is registered yet" in cpbench("ledger").out
    assert "nothing is torn" in cpbench("ledger", "--repair").err
    assert "allowed: nothing yet" in cpbench("accept", "bet", "harm", "--by", "ann").err


def test_a_torn_ledger_is_repaired_only_when_asked(project: Project, cpbench: Cpbench):
    cpbench("accept", "bet", "harm", "--by", "ann")
    data = project.ledger.read_bytes()
    project.ledger.write_bytes(data[:-30])
    said = cpbench("ledger")
    assert (said.code, "cpbench ledger --repair" in said.err) == (4, True)
    assert cpbench("accept", "bet", "harm", "--by", "ann").code == 4
    assert project.ledger.read_bytes() == data[:-30]
    assert "it is kept as .cpbench/torn-" in cpbench("ledger", "--repair").err
    assert len(read_ledger(project.ledger)) == 1
    project.ledger.write_bytes(project.ledger.read_bytes()[:-1])
    assert "gave the last entry its end" in cpbench("ledger", "--repair").err


def test_what_a_bet_was_made_on_is_neither_reworded_nor_dropped(project: Project, cpbench: Cpbench):
    for by in ("ann", "bob"):
        cpbench("accept", "bet", "harm", "--by", by)
    edit(project, "> 1 pp", "> 2 pp")
    said = cpbench("amend", BET, "--reason", "x")
    assert said.code == 2
    assert "ann, bob made a bet on claim harm as it was" in said.err
    for by in ("ann", "bob"):
        cpbench("withdraw", "bet", "harm", "--stake", "--by", by, "--reason", "we agree")
    assert cpbench("amend", BET, "--reason", "x").code == 0


def test_once_results_exist_an_amendment_may_be_put_on_record(project: Project, cpbench: Cpbench):
    for by in ("ann", "bob"):
        cpbench("accept", "bet", "harm", "--by", by)
    write_text(project.result("blur"), "seen")
    edit(project, "> 1 pp", "> 2 pp")
    assert cpbench("amend", BET, "--reason", "x").code == 0
    assert told(project).entry.seq == 1


def test_a_forecast_that_pays_a_made_pool_is_not_withdrawn(project: Project, cpbench: Cpbench):
    stakes = """    stakes:
      - {yes: ann, no: bob, odds: even, stake: 10.00, currency: USD}
"""
    pool = """    pool:
      kind: scored
      currency: USD
      bets: [{by: ann, stake: 1}, {by: bob, stake: 1}]
"""
    edit(project, stakes, pool)
    edit(project, "forecasts:\n", "forecasts:\n  - {by: bob, claim: harm, p: 0.4}\n")
    cpbench("amend", BET, "--reason", "a pool")
    for by in ("ann", "bob"):
        assert cpbench("accept", "bet", "harm", "--by", by).code == 0
    words = ("withdraw", "bet", "harm", "--forecast", "--by", "ann", "--reason", "x")
    said = cpbench(*words)
    assert (said.code, "is paid by the forecast of ann" in said.err) == (2, True)


def test_an_edited_protocol_gets_seeds_of_its_own_registration(project: Project, cpbench: Cpbench):
    path = project.protocol("blur")
    before = read_derived_seeds(project.derived_seeds("blur"))
    write_text(path, path.read_text().replace("[0, 10, 20]", "[0, 10, 20, 30]"))
    said = cpbench("amend", BET, "--reason", "one point more")
    assert "3 seeds derived from entry" in said.out
    after = read_derived_seeds(project.derived_seeds("blur"))
    assert after.entry == read_ledger(project.ledger)[-1].hash != before.entry
    write_text(project.derived_seeds("blur"), "{")
    cpbench("predict", BET)
    assert read_derived_seeds(project.derived_seeds("blur")) == after


def test_a_clock_that_is_no_time_moves_no_cursor(project: Project, cpbench: Cpbench):
    entry = read_ledger(project.ledger)[0]
    facts = {"prediction": "bet", "claim": "harm", "claim_hash": "a" * 64, "known_results": ()}
    now = Circumstances("\x1b[31mred", "eve", entry.git)
    append(project, DisputePayload(**facts, by="eve", reason="x"), now)
    assert "\x1b" not in cpbench("ledger").out
