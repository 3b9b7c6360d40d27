import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from audits import commit, git, lock, train
from studies import BET, Cpbench, make_study

from cpbench.cli import main
from cpbench.ledger import read_ledger
from cpbench.plan.compiling import load_compiled
from cpbench.project import Project
from cpbench.records.files import to_json, write_text


class Said(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def cpbench(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cpbench:
    """Run the command line in this process."""

    def run(*words: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["cpbench", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main()
        out, err = capsys.readouterr()
        return Said(int(left.value.code or 0), out, err)

    return run


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cpbench: Cpbench) -> Project:
    """A whole record: registered, committed, planned, trained, evaluated."""
    monkeypatch.chdir(tmp_path)
    project = make_study(tmp_path)
    git(project, "init", "-q")
    cpbench("predict", BET)
    commit(project)
    write_text(project.plan("blur"), to_json(load_compiled(project, "blur").plan.json_value()))
    train(project, read_ledger(project.ledger)[-1].hash)
    lock(project)
    return project
