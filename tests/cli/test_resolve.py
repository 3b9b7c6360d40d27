import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cpbench.cli.outcome_pages import print_finding
from cpbench.cli.resolutions import Finding
from cpbench.plan.compiling import load_compiled
from cpbench.project import Project
from cpbench.records.files import to_json, write_text
from cpbench.records.results import Row, write_results
from cpbench.records.scores import Outcome
from cpbench.records.series import Value
from cpbench.resolving.explaining import (
    Detail,
    EstimatorRow,
    Explanation,
    SeedOutcome,
    SeedValue,
)

Cpbench = Callable[..., Any]
BET = """\
id: bet
about: {title: A bet}
exposure: nothing_run
claims:
  - id: lasting
    title: "The deficit hurts \\e[31mred"
    type: binary
    claim: damage(tiny, at=4) > 1 pp
    given: damage(tiny, at=4) > 0
    resolution: {rule: decisive, draws: resample, on_divergence: drop}
  - id: size
    title: By how much
    type: numeric
    quantity: damage(tiny, at=4)
    unit: pp
    resolution: {rule: decisive, draws: resample, on_divergence: drop}
  - id: kind
    title: How bad
    type: categorical
    ordered: true
    options:
      - {name: mild, when: "damage(tiny, at=4) < 9 pp"}
      - {name: bad, when: "damage(tiny, at=4) > 9 pp"}
    resolution: {rule: decisive, draws: resample, on_divergence: drop}
forecasts:
  - {by: ann, claim: lasting, p: 0.7}
"""
FILE = "specs/predictions/bet.yaml"


def run(project: Path) -> None:
    """Write plan and results: the curve falls by two points per epoch of deficit."""
    place = Project(project)
    plan = load_compiled(place, "tiny").plan
    write_text(place.plan("tiny"), to_json(plan.json_value()))
    rows: list[Row] = []
    for each in plan.runs:
        cell = plan.conditions[each.condition]
        percent = 80.0 - 2 * cell.removal * (not cell.control) + 0.1 * plan.seeds.index(each.seed)
        where = ("tiny", cell.arm, cell.control, cell.point, cell.removal, cell.onset, each.seed)
        reading = ("accuracy", "final", cell.epochs, "test_accuracy", percent / 100, "fraction")
        rows.append(Row(*where, *reading, "ok"))
    write_results(place.result("tiny"), rows)


@pytest.fixture
def bet(project: Path, cpbench: Cpbench) -> Path:
    """A registered bet without results."""
    write_text(project / FILE, BET)
    assert cpbench("predict", FILE).code == 0
    return project


def resolved(cpbench: Cpbench, *words: str) -> list[dict[str, Any]]:
    said = cpbench("resolve", *words, "--json")
    assert said.code == 0, said.err
    return json.loads(said.out)["claims"]


def test_without_a_prediction_the_way_out_is_said(project: Path, cpbench: Cpbench):
    assert "cpbench predict" in cpbench("resolve").out
    assert project.exists()


def test_registered_claims_come_out_on_the_results_there_are(bet: Path, cpbench: Cpbench):
    assert [each["outcome"]["state"] for each in resolved(cpbench)] == ["pending"] * 3
    run(bet)
    lasting, size, kind = resolved(cpbench)
    assert (lasting["outcome"]["state"], lasting["registered"]) == ("yes", True)
    assert lasting["outcome"]["given"] == "yes; holds in 100% of draws"
    assert size["outcome"]["value"]["value"] == pytest.approx(8)
    assert (kind["outcome"]["option"], kind["outcome"]["shares"]["mild"]) == ("mild", 1.0)
    assert "why" not in lasting
    assert lasting["quantities"][0]["expr"] == "damage(tiny, at=4)"
    assert [each["claim"] for each in resolved(cpbench, "bet", "size")] == ["size"]


def test_people_read_it_in_sixty_columns_and_no_title_moves_their_cursor(
    bet: Path, cpbench: Cpbench
):
    run(bet)
    said = cpbench("resolve", "bet", "--explain").out
    # Only a word that is longer than the page may stand out; names are short here.
    assert max(map(len, said.splitlines())) <= 60
    assert "\x1b" not in said
    words = " ".join(said.split())
    for told in (
        "bet / lasting: yes",
        r"hurts \x1b[31mred",
        "π(yes) = 1.000; undefined in 0.0% of draws; n = 10; yes in 10 of 10 single seeds",
        "by decisive: yes if it holds in ≥ 95%",
        "given damage(tiny, at=4) > 0",
        "damage(tiny, at=4) = 8 [8, 8] pp 8, 8, 8",
        "bet / size: 8 [8, 8] pp",
        "bet / kind: mild",
        "π(mild) = 1.000",
        "0: mild, 1: mild",
    ):
        assert told in words


def test_without_results_people_are_told_what_is_awaited(bet: Path, cpbench: Cpbench):
    said = cpbench("resolve", "bet", "lasting").out
    assert "bet / lasting: pending" in said
    assert "tiny has no plan yet" in said
    explained = cpbench("resolve", "bet", "lasting", "--explain").out
    assert "damage(tiny, at=4) = missing (tiny has no plan yet)" in " ".join(explained.split())
    assert bet.exists()


def test_the_explanation_is_there_as_json_too(bet: Path, cpbench: Cpbench):
    run(bet)
    (lasting,) = resolved(cpbench, "bet", "lasting", "--explain")
    why = lasting["why"]
    assert why["outcome"] == lasting["outcome"]
    assert [each["outcome"] for each in why["seeds"]] == ["yes"] * 10
    assert [each["low"] for each in why["quantities"][0]["seeds"]] == pytest.approx([8] * 10)
    assert why["terms"][0] == lasting["outcome"]["rule"]


def test_a_file_that_is_not_registered_is_resolved_and_marked(project: Path, cpbench: Cpbench):
    write_text(project / FILE, BET)
    assert {each["outcome"]["state"] for each in resolved(cpbench, FILE)} == {"pending"}
    run(project)
    found = resolved(cpbench, FILE)
    assert [each["registered"] for each in found] == [False] * 3
    assert found[0]["outcome"]["state"] == "yes"
    assert "bet / lasting (not registered): yes" in cpbench("resolve", FILE).out
    refused = cpbench("resolve", FILE, "--record")
    assert (refused.code, refused.err) == (
        2,
        "bet is not registered; only a dry look is possible\n",
    )


def test_a_file_is_looked_up_by_what_its_claims_mean(bet: Path, cpbench: Cpbench):
    run(bet)
    write_text(bet / FILE, BET.replace("> 1 pp", "> 2 pp").replace("By how much", "How much"))
    lasting, size, _ = resolved(cpbench, FILE)
    assert (lasting["registered"], size["registered"]) == (False, True)
    assert size["title"] == "How much"


def test_one_prediction_of_several_may_be_asked_for(bet: Path, cpbench: Cpbench):
    other = BET.replace("id: bet", "id: other").replace("lasting", "again")
    write_text(bet / "specs/predictions/other.yaml", other)
    assert cpbench("predict", "specs/predictions/other.yaml").code == 0
    assert len(resolved(cpbench)) == 6
    assert [each["claim"] for each in resolved(cpbench, "other")] == ["again", "size", "kind"]


def test_what_one_seed_says_may_be_a_bound_or_nothing(capsys: pytest.CaptureFixture[str]):
    value = Value(expr="end(p)", unit="epoch", status="no_drop", n_seeds=5)
    ends = [(240, None), (None, 10), (0, 10), (120, 120), (None, None)]
    seeds = [SeedValue(seed=seed, low=low, high=high) for seed, (low, high) in enumerate(ends)]
    outcome = Outcome(state="ambiguous", n_seeds=1, rule="point")
    why = Explanation(
        id="c",
        text="end(p) > 0",
        explanation="The end is greater than 0.",
        terms=(),
        outcome=outcome,
        quantities=(Detail(value=value, seeds=tuple(seeds)),),
        seeds=(SeedOutcome(seed=0, outcome=""),),
        estimators=(EstimatorRow(estimator="drop90", quantities=(value,), outcome="no"),),
    )
    finding = Finding(
        prediction="bet",
        claim="c",
        registered=True,
        title="C",
        text="end(p) > 0",
        given="",
        outcome=outcome,
        quantities=(),
        confounds=(),
        recorded=(),
        claim_hash="",
        results={},
        why=why,
    )
    print_finding(finding)
    said = capsys.readouterr().out
    for told in (
        "n = 1, so draws show no spread",
        "≥ 240, ≤ 10, 0…10, 120, ?",
        "0: ?",
        "drop90: no",
        "end(p) = no drop",
    ):
        assert told in said


def test_an_outcome_is_recorded_once(bet: Path, cpbench: Cpbench):
    said = cpbench("resolve", "bet", "lasting", "--record")
    assert "bet / lasting: pending, nothing to record" in said.out
    run(bet)
    first = json.loads(cpbench("resolve", "bet", "--record", "--json").out)
    assert first["recorded"] == [
        "bet / lasting: entry 2 records yes",
        "bet / size: entry 3 records 8 pp",
        "bet / kind: entry 4 records mild",
    ]
    again = cpbench("resolve", "bet", "--record")
    assert "bet / lasting: entry 2 records yes already" in again.out
    lines = (bet / "specs" / "ledger.jsonl").read_text().splitlines()
    assert len(lines) == 4
    entry = json.loads(lines[1])
    assert entry["kind"] == "resolve"
    assert entry["payload"]["state"] == "yes"
    assert set(entry["payload"]["results"]) == {"tiny"}
    assert resolved(cpbench, "bet", "lasting")[0]["recorded"] == ["entry 2 records yes"]


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("bat",), 2, "prediction 'bat' is not known; allowed: bet; did you mean 'bet'?"),
        (("bet", "lastin"), 2, "did you mean 'lasting'?"),
        (("specs/predictions/none.yaml",), 3, "none.yaml"),
    ],
)
def test_a_slip_is_one_line_with_a_way_out(
    bet: Path, cpbench: Cpbench, words: tuple[str, ...], code: int, told: str
):
    said = cpbench("resolve", *words)
    assert (said.code, len(said.err.splitlines())) == (code, 1)
    assert told in said.err
    assert bet.exists()
