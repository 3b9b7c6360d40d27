"""`cpbench verify` on claims about published results, which have no training and no plan."""

import json
import re
import shutil
from pathlib import Path

import pytest
from audits import commit, found, git
from studies import Cpbench

from cpbench.project import Project
from cpbench.records.files import write_text

REPOSITORY = Path(__file__).parents[2]
NAMES = ("specs/protocols/lw_bet_2023.yaml", "specs/predictions/lw_bet_2023.yaml")


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cpbench: Cpbench) -> Project:
    project = Project(tmp_path)
    write_text(project.params, "protocols: []\npublished: [lw_bet_2023]\n")
    for name in NAMES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    git(project, "init", "-q")
    assert cpbench("predict", NAMES[1]).code == 0
    commit(project)
    return project


def test_they_are_clean_as_registered(published: Project):
    assert found(published) == []


def test_a_table_that_was_edited_since_is_a_deviation_of_each_claim(published: Project):
    spec = published.protocol("lw_bet_2023")
    rows = re.sub(r"accuracy: [\d.]+", "accuracy: 50.0", spec.read_text(), count=1)
    assert rows != spec.read_text()
    write_text(spec, rows)
    findings = found(published)
    assert {(status, place) for status, place, _ in findings} == {
        ("deviations", "specs/protocols/lw_bet_2023.yaml")
    }
    assert "the claim is annulled" in findings[0][2]


def test_a_plan_in_their_name_is_found(published: Project):
    write_text(published.plan("lw_bet_2023"), json.dumps({}))
    assert found(published)[0][:2] == ("tampered", "pipelines/plans/lw_bet_2023.json")


def test_a_table_that_is_gone_is_unverifiable(published: Project):
    published.protocol("lw_bet_2023").unlink()
    assert found(published)[0][0] == "unverifiable"
