"""Asking theories about registered predictions of a small project."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from cpbench.claims import load_prediction
from cpbench.digests import file_digest
from cpbench.errors import EvidenceError, UsageError
from cpbench.ledger import (
    Circumstances,
    GitState,
    append,
    claims_of,
    payload_of,
    read_ledger,
)
from cpbench.plan.compiling import compile_protocol, load_plan_digest
from cpbench.project import Project
from cpbench.records.files import to_json, write_text
from cpbench.records.published import published_digest
from cpbench.records.results import Row, write_results
from cpbench.specs.forecasts import ForecastSpec
from cpbench.specs.loading import load_protocol, load_published
from cpbench.theories import AbstentionError, Context, Question
from cpbench.theories.asking import Answer, Silence, ask
from cpbench.theories.context import Sources
from cpbench.theories.gathering import Library
from cpbench.theories.registering import answers, forecasts_of
from cpbench.theories.shelf import Shelved, shelf_of

ROOT = Path(__file__).parents[2]
NOW = Circumstances("2026-01-02T03:04:05Z", "Ann", GitState(commit="", dirty=False))
PROTOCOL = """\
id: blur
about: {title: Blur}
protocol:
  dataset: {kind: digits, train_size: 100}
  model: {kind: mlp, widths: [8]}
  training:
    batch_size: 50
    optimizer: {kind: sgd, lr: 0.05}
    lr_law: {kind: exponential, gamma: 0.97}
  phases:
    - {until: $removal, deficits: [{kind: blur, factor: 4, down: area, up: area}]}
    - {for: 10, lr_clock: continue}
  sweep: {removal: [0, 10, 20, 40, 60, 80, 120]}
  arms: {fast: {training.batch_size: 25}, slow: {}}
  controls: [no_deficit, never_removed]
  seeds: {from: registration, n: 2}
measurements:
  accuracy: {kind: accuracy, at: [removal, final]}
  loss: {kind: loss, at: [removal]}
"""
RESOLUTION = "resolution: {rule: point, min_seeds: 1, on_divergence: drop}"
PREDICTION = f"""\
id: bet
about: {{title: A bet}}
exposure: seen_related
claims:
  - id: later
    title: The small batch ends later
    type: binary
    claim: end(blur.fast) > end(blur.slow)
    {RESOLUTION}
  - id: by_how_much
    title: By how much
    type: numeric
    quantity: end(blur.fast) - end(blur.slow)
    unit: epoch
    bounds: [-120, 120]
    {RESOLUTION}
  - id: direction
    title: Which way
    type: categorical
    ordered: true
    options:
      - {{name: sooner, when: end(blur.fast) < end(blur.slow) - 5 epoch}}
      - {{name: later, when: end(blur.fast) > end(blur.slow) + 5 epoch}}
    {RESOLUTION}
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    found = Project(tmp_path)
    write_text(found.params, "protocols: [blur]\npublished: [lw_bet_2023]\n")
    write_text(found.protocol("blur"), PROTOCOL)
    shutil.copy(ROOT / "specs" / "protocols" / "lw_bet_2023.yaml", found.protocols)
    register(found, PREDICTION, "bet")
    return found


def register(project: Project, text: str, name: str, *protocols: str) -> None:
    write_text(project.predictions / f"{name}.yaml", text)
    prediction = load_prediction(project.predictions / f"{name}.yaml")
    digests = {each: digest_of(project, each) for each in protocols or ("blur",)}
    append(project, payload_of(project, prediction, digests), NOW)


def digest_of(project: Project, name: str) -> str:
    if name == "blur":
        return load_plan_digest(project, name)
    return published_digest(load_published(project.protocol(name)))


def bet_on_the_table(
    known: str, claim: str = "end(lw_bet_2023.b64) > end(lw_bet_2023.b128)"
) -> str:
    return (
        f"id: table\nabout: {{title: The table}}\nexposure: seen_related\n{known}claims:\n"
        f"  - id: later\n    title: Later\n    type: binary\n    claim: {claim}\n    {RESOLUTION}\n"
    )


def plan_and_run(project: Project) -> None:
    """Losses under the deficit settle with τ = 30 epochs (fast) and 15 epochs (slow)."""
    plan = compile_protocol(load_protocol(project.protocol("blur")), (0, 1)).plan
    write_text(project.plan("blur"), to_json(plan.json_value()))
    rows: list[Row] = []
    for run in plan.runs:
        cell = plan.conditions[run.condition]
        tau = {"fast": 30, "slow": 15}[cell.arm]
        row = Row(
            "blur",
            cell.arm,
            cell.control,
            cell.point,
            cell.removal,
            0,
            run.seed,
            "loss",
            "removal",
            cell.removal,
            "train_loss_under_deficit",
            1 + 2.0 ** (-cell.removal / tau / 0.6931),
            "nat",
            "ok",
        )
        percent = 88 - 8 * min(cell.removal / 50, 1)
        final = row._replace(
            measurement="accuracy",
            at="final",
            epoch=cell.epochs,
            name="test_accuracy",
            value=percent / 100,
            unit="fraction",
        )
        rows += [row, final]
    write_results(project.result("blur"), rows)


def test_all_theories_answer_or_say_why_not(project: Project):
    found = answers(project, "bet", ["all"])
    said = [(each.claim, each.forecast.by, each.forecast.form) for each in found.forecasts]
    by_claim = {"later": "p", "by_how_much": "quantiles", "direction": "probs"}
    of_ends = ["persistence", "constant_steps", "constant_lr_budget", "constant_temperature"]
    expected = [
        (claim, name, form)
        for claim, form in by_claim.items()
        for name in ("uniform", "climatology", *of_ends)
        if (claim, name) != ("by_how_much", "climatology")
    ]
    assert said == expected
    why = {(each.theory, each.claim): each.reason for each in found.silences}
    assert len(said) + len(why) == 3 * len(shelf_of(project).theories)
    assert "no common base rate" in why["climatology", "by_how_much"]
    assert "read at 0 epochs" in why["early_loss_plateau", "later"]
    for each in found.forecasts:
        assert each.theory is not None
        assert (each.theory.information, each.theory.results) == ("spec", {})
        assert each.known_results == ()


def test_what_a_theory_said_goes_into_the_ledger_and_is_not_said_again(project: Project):
    [first] = forecasts_of(project, "bet", ["constant_temperature"])[:1]
    again = forecasts_of(project, "bet", ["constant_temperature"])[0]
    assert again == first
    append(project, first, NOW)
    told = claims_of(read_ledger(project.ledger))[0]
    assert [each.by for each in told.forecasts] == ["constant_temperature"]
    assert told.forecasts[0].theory == first.theory
    assert [each.claim for each in forecasts_of(project, "bet", ["constant_temperature"])] == [
        "by_how_much",
        "direction",
    ]


def test_a_declared_arm_is_shown_and_the_other_is_not(project: Project):
    known = "known_results: [{protocol: lw_bet_2023, arm: b128}]\n"
    register(project, bet_on_the_table(known), "table", "lw_bet_2023")
    [said] = forecasts_of(project, "table", ["persistence"])
    assert said.theory is not None
    assert said.theory.information == "reference"
    assert said.theory.results == {
        "lw_bet_2023": digest_of(project, "lw_bet_2023"),
    }
    assert said.forecast.p == pytest.approx(0.5, abs=0.02)
    told = claims_of(read_ledger(project.ledger))[-1]
    sources = library(project).sources(told)
    assert list(sources.known) == [("lw_bet_2023", "b128")]
    assert {row.arm for row in sources.known_rows} == {"b128"}


def test_a_table_that_nobody_declared_is_not_shown(project: Project):
    register(project, bet_on_the_table(""), "table", "lw_bet_2023")
    [said] = forecasts_of(project, "table", ["persistence"])
    assert said.theory is not None
    assert said.theory.information == "spec"


def test_a_whole_protocol_may_be_declared(project: Project):
    known = "known_results: [{protocol: lw_bet_2023}, {protocol: blur}]\n"
    register(project, bet_on_the_table(known), "table", "lw_bet_2023")
    told = claims_of(read_ledger(project.ledger))[-1]
    sources = library(project).sources(told)
    assert {arm for _, arm in sources.known} == {"b64", "b128"}
    assert {row.arm for row in sources.known_rows} == {"b64", "b128"}


def library(project: Project) -> Any:
    return Library(project, claims_of(read_ledger(project.ledger)), "2026-01-02")


def test_climatology_rests_on_claims_about_other_protocols(project: Project):
    register(project, bet_on_the_table(""), "table", "lw_bet_2023")
    said = {each.claim: each for each in forecasts_of(project, "bet", ["climatology"])}
    assert said["later"].forecast.p == pytest.approx(0.75)
    assert said["later"].forecast.note == "1 earlier binary claim"
    facts = said["later"].theory
    assert facts is not None
    assert (facts.information, list(facts.results)) == ("reference", ["lw_bet_2023"])
    own = forecasts_of(project, "table", ["climatology"])
    assert own[0].forecast.p == 0.5


def test_early_readings_are_of_the_claims_own_protocol_and_before_its_outcome(project: Project):
    plan_and_run(project)
    [said] = [
        each
        for each in forecasts_of(project, "bet", ["early_loss_plateau"])
        if each.claim == "later"
    ]
    assert said.forecast.p is not None
    assert said.forecast.p > 0.9
    assert said.theory is not None
    assert said.theory.information == "early"
    results = {"blur": file_digest(project.result("blur"))}
    assert said.theory.results == results
    assert {each.protocol: each.sha256 for each in said.known_results} == results
    told = claims_of(read_ledger(project.ledger))[0]
    rows = library(project).sources(told).early_rows
    assert {row.at for row in rows} == {"removal"}
    assert max(row.epoch for row in rows) == 80


def test_a_protocol_edited_since_is_not_forecast(project: Project):
    write_text(project.protocol("blur"), PROTOCOL.replace("widths: [8]", "widths: [9]"))
    with pytest.raises(EvidenceError, match="blur: is no longer what entry 1 registered"):
        forecasts_of(project, "bet", ["uniform"])


def test_several_sweep_points_at_one_removal_have_no_end(tmp_path: Path):
    project = Project(tmp_path)
    write_text(project.params, "protocols: [blur]\n")
    slid = PROTOCOL.replace("sweep: {", "sweep: {onset: [0, 5], ").replace(
        "    - {until: $removal", "    - {for: $onset}\n    - {lr_clock: continue, until: $removal"
    )
    write_text(project.protocol("blur"), slid.replace("removal: [0, 10", "removal: [5, 10"))
    register(project, PREDICTION, "bet")
    [silence] = answers(project, "bet", ["persistence"]).silences[:1]
    assert silence.reason == "blur.fast has no removal epochs"


def test_unknown_predictions_and_theories_are_named(project: Project):
    with pytest.raises(UsageError, match=r"prediction 'bett'.*did you mean 'bet'.*cpbench predict"):
        forecasts_of(project, "bett", ["uniform"])
    with pytest.raises(UsageError, match=r"theory 'unifrom'.*did you mean 'uniform'"):
        forecasts_of(project, "bet", ["unifrom"])


class Fixed:
    """A stranger's theory that does one thing, whatever it is asked."""

    name, version, information, summary = "fixed", "1", "spec", "always the same"

    def __init__(self, does: Any) -> None:
        self.does = does

    def forecast(self, question: Question, context: Context) -> Any:
        return self.does(question)


def boom(_: Question) -> Any:
    raise ValueError("on\ntwo lines")


def abstains(_: Question) -> Any:
    raise AbstentionError("no idea")


@pytest.mark.parametrize(
    ("does", "reason"),
    [
        (boom, "failed: ValueError: on two lines"),
        (abstains, "no idea"),
        (lambda _: 0.7, "failed: returned float, not a ForecastSpec"),
        (lambda _: ForecastSpec(by="ann", claim="c", p=0.7), "failed: forecast as ann"),
        (
            lambda _: ForecastSpec(by="fixed", claim="d", p=0.7),
            "failed: its forecast claim 'd' is not known; allowed: c",
        ),
        (
            lambda _: ForecastSpec(by="fixed", claim="c", point=3.0),
            "failed: its forecast does not answer a binary claim; write p",
        ),
    ],
)
def test_a_theory_that_fails_is_silent_and_says_why(does: Any, reason: str, question: Any):
    found = ask(shelved(does), question("binary", "end(p) > 0"), nothing())
    assert found == Silence("fixed", "c", reason)


def test_a_strangers_theory_answers_like_any_other(question: Any):
    found = ask(
        shelved(lambda asked: ForecastSpec(by="fixed", claim=asked.claim.id, p=0.7)),
        question("binary", "end(p) > 0"),
        nothing(),
    )
    assert isinstance(found, Answer)
    assert found.forecast.p == 0.7
    assert found.facts.code == "c" * 64


def shelved(does: Any) -> Shelved:
    return Shelved(Fixed(does), "here", "c" * 64)  # type: ignore[arg-type]


def nothing() -> Any:
    return Sources({}, {}, (), (), tuple, {})
