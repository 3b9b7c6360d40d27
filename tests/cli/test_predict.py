import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cpbench.cli import app
from cpbench.errors import SpecError
from cpbench.ledger import read_ledger
from cpbench.project import Project
from cpbench.records.files import write_text

PROTOCOL = """\
id: blur
about: {title: Blur}
protocol:
  dataset: {kind: digits, train_size: 100}
  model: {kind: mlp, widths: [8]}
  training: {batch_size: 50, optimizer: {kind: sgd, lr: 0.05}, lr_law: {kind: constant}}
  phases:
    - {until: $removal, deficits: [{kind: vertical_flip}]}
    - {for: 10}
  sweep: {removal: [0, 10, 20]}
  controls: [no_deficit]
  seeds: {from: registration, n: 3}
measurements:
  accuracy: {kind: accuracy, at: [final]}
"""
PREDICTION = """\
id: bet
about: {title: A bet}
exposure: nothing_run
claims:
  - id: harm
    title: The flip does harm
    type: binary
    claim: damage(blur, at=20) > 1 pp
    resolution: {rule: decisive, on_divergence: worst}
forecasts:
  - {by: ann, claim: harm, p: 0.7}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    project = Project(tmp_path)
    write_text(project.params, "protocols: [blur]\n")
    write_text(project.protocol("blur"), PROTOCOL)
    write_text(project.predictions / "bet.yaml", PREDICTION)
    monkeypatch.chdir(tmp_path)
    return project


def predict(*words: str) -> str:
    result = CliRunner().invoke(
        app, ["predict", "specs/predictions/bet.yaml", *words], catch_exceptions=False
    )
    assert result.exit_code == 0
    return result.output


def test_a_prediction_is_explained_before_it_is_registered(project: Project):
    said = predict()
    assert (
        "The damage to blur by a deficit removed at epoch 20 is greater than 1 percentage points."
        in said
    )
    for words in (
        "damage(blur, at=20) in pp",
        "ambiguous",
        "annulled",
        "counts as 0 %",
        "ann gives it 70%",
        "entry 1",
    ):
        assert words in said
    assert len(read_ledger(project.ledger)) == 1


def test_a_dry_run_writes_nothing(project: Project):
    before = sorted(project.root.rglob("*"))
    assert "nothing was registered" in predict("--dry-run")
    assert sorted(project.root.rglob("*")) == before


def test_seeds_that_wait_for_the_registration_are_derived_once(project: Project):
    predict()
    written = project.derived_seeds("blur").read_text()
    assert len(json.loads(written)["seeds"]) == 3
    write_text(project.predictions / "bet.yaml", PREDICTION.replace("p: 0.7", "p: 0.6"))
    predict()
    assert project.derived_seeds("blur").read_text() == written
    assert len(read_ledger(project.ledger)) == 2


def test_registering_the_same_twice_says_so_and_appends_nothing(project: Project):
    predict()
    before = project.ledger.read_bytes()
    assert "already registered as entry 1" in predict()
    assert project.ledger.read_bytes() == before


def test_results_that_exist_are_warned_of(project: Project):
    write_text(project.result("blur"), "seen")
    assert "reports/results/blur.csv exists already" in predict("--dry-run")


def test_an_invalid_prediction_registers_nothing(project: Project):
    write_text(project.predictions / "bet.yaml", PREDICTION.replace("at=20", "at=21"))
    with pytest.raises(SpecError, match="at=21 is not swept by blur"):
        predict()
    assert not project.ledger.exists()
