import json
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from cpbench.cli.theories import theories
from cpbench.theories import shelf

Run = Callable[..., Any]


@pytest.fixture
def run(project: Path) -> Run:  # noqa: ARG001 - the folder it runs in
    """Run the command alone, in the project."""
    app = typer.Typer()
    app.command()(theories)
    return lambda *words: CliRunner().invoke(app, words)


def test_theories_are_listed_with_what_they_may_look_at(run: Run):
    done = run()
    assert done.exit_code == 0
    assert "uniform (spec, version 1, built in)\n  every outcome is as likely" in done.stdout
    assert "early_loss_plateau (early, version 1, built in)" in done.stdout
    assert done.stderr == ""


def test_the_list_is_json_on_request(run: Run, project: Path):
    folder = project / "specs" / "theories"
    folder.mkdir()
    (folder / "hot.yaml").write_text(
        "{id: hot, title: Hot walks, law: constant, of: lr/batch_size, sd: 10}\n"
    )
    told = json.loads(run("--json").stdout)
    assert told["warnings"] == []
    by_name = {each["name"]: each for each in told["theories"]}
    assert by_name["climatology"]["information"] == "reference"
    assert by_name["hot"]["source"] == "specs/theories/hot.yaml"
    assert by_name["hot"]["summary"] == "Hot walks"
    assert len(by_name["hot"]["code"]) == 64


def test_a_broken_plug_in_is_a_warning_and_the_rest_is_listed(
    run: Run, monkeypatch: pytest.MonkeyPatch
):
    broken = EntryPoint("gone", "no.such.module:theory", shelf.GROUP)
    monkeypatch.setattr(shelf, "entry_points", lambda **_: [broken])
    done = run()
    assert done.exit_code == 0
    assert "persistence (reference" in done.stdout
    assert done.stderr == (
        "warning: theory gone (no.such.module:theory) is left out: "
        "ModuleNotFoundError: No module named 'no'\n"
    )
    assert json.loads(run("--json").stdout)["warnings"] != []
