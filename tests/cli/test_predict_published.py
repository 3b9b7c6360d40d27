"""Predictions about results that somebody else published."""

import shutil
from pathlib import Path

import pytest
from studies import Cpbench

from cpbench.ledger import read_ledger
from cpbench.project import Project
from cpbench.records.files import write_text

REPOSITORY = Path(__file__).parents[2]
FILE = "specs/predictions/lw_bet_2023.yaml"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    project = Project(tmp_path)
    write_text(project.params, "protocols: []\npublished: [lw_bet_2023]\n")
    for name in ("specs/protocols/lw_bet_2023.yaml", FILE):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return project


def test_they_are_registered_against_the_published_table(project: Project, cpbench: Cpbench):
    said = cpbench("predict", FILE)
    assert said.code == 0, said.err
    (entry,) = read_ledger(project.ledger)
    assert [*entry.payload.protocols] == ["lw_bet_2023"]
    assert entry.payload.known_results == ()
    assert not project.derived_seeds("lw_bet_2023").exists()


def test_a_seal_on_them_may_be_opened_at_once(project: Project, cpbench: Cpbench):
    cpbench("predict", FILE)
    claim = read_ledger(project.ledger)[0].payload.prediction.claims[0]
    assert claim.type == "binary"
    text = f"prediction: lw_bet_2023\nforecasts: [{{by: eve, claim: {claim.id}, p: 0.5}}]\n"
    write_text(project.root / "mine.yaml", text)
    cpbench("predict", "mine.yaml", "--sealed")
    assert "eve gives it 50%" in cpbench("reveal").out
