import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cpbench.plan.compiling import load_compiled
from cpbench.project import Project
from cpbench.records.files import to_json

Cpbench = Callable[..., Any]


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*"))


def test_a_plan_shows_runs_and_what_sharing_saves_and_writes_nothing(
    project: Path, cpbench: Cpbench
):
    before = files(project)
    code, out, err = cpbench("plan", "tiny")
    plan = load_compiled(Project(project), "tiny").plan
    assert (code, err) == (0, "")
    assert f"{len(plan.runs):,} ({len(plan.conditions)} conditions × 10 seeds)" in out
    assert f"{plan.epochs_naive:,} if each run were trained alone" in out
    assert f"{plan.epochs_shared:,} shared" in out
    assert plan.digest[:12] in out
    assert files(project) == before


def test_the_whole_plan_is_json_on_request(project: Path, cpbench: Cpbench):
    code, out, _ = cpbench("plan", "tiny", "--json")
    plan = load_compiled(Project(project), "tiny").plan
    assert code == 0
    assert out == to_json(plan.json_value())
    assert json.loads(out)["epochs_shared"] == plan.epochs_shared


@pytest.mark.parametrize("name", ["tinny", "tiny.yaml", "Tiny"])
@pytest.mark.usefixtures("project")
def test_an_unknown_protocol_is_a_usage_error_that_suggests_a_near_one(cpbench: Cpbench, name: str):
    code, out, err = cpbench("plan", name)
    assert (code, out) == (2, "")
    assert "did you mean 'tiny'?" in err
    assert len(err.splitlines()) == 1


def test_an_invalid_protocol_is_told_as_validate_tells_it(project: Path, cpbench: Cpbench):
    path = project / "specs" / "protocols" / "tiny.yaml"
    path.write_text(path.read_text().replace("train_size: 100", "train_size: 0"))
    code, _, err = cpbench("plan", "tiny")
    assert code == 3
    assert err.startswith("specs/protocols/tiny.yaml:")


def test_outside_of_a_project_one_is_told_so(
    tmp_path: Path, cpbench: Cpbench, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    code, _, err = cpbench("plan", "tiny")
    assert code == 2
    assert "no params.yaml here or above" in err


@pytest.mark.usefixtures("project")
def test_a_missing_argument_is_a_usage_error(cpbench: Cpbench):
    assert cpbench("plan").code == 2
    assert cpbench("plan", "tiny", "--jsn").code == 2
    assert cpbench("squint").code == 2
