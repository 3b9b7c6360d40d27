import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cpbench.cli import app
from cpbench.cli.score_table import print_scores
from cpbench.project import Project
from cpbench.records.files import write_text
from cpbench.records.scores import Claim, Forecast, Outcome, OutcomeState, Payment, Scores
from cpbench.scoring.standings import standings


def claim(state: OutcomeState) -> Claim:
    return Claim(
        prediction="a_rather_long_prediction_name",
        id=f"came_out_{state}",
        title="A title",
        text="end(p) > 0",
        explanation="The end is greater than 0.",
        protocols=("p",),
        registered_seq=1,
        registered_at="2026-01-02T03:04:05Z",
        exposure="piloted",
        outcome=Outcome(
            state=state, reason="reason", probability=0.25, n_seeds=10, rule="decisive"
        ),
        quantities=(),
        forecasts=(
            Forecast(by="ann", probability=0.7, brier=0.49),
            Forecast(by="bob", probability=0.2, late=True),
        ),
        payments=(
            Payment(party="ann", cents=-1050, currency="USD"),
            Payment(party="bob", cents=1050, currency="USD"),
        ),
    )


@pytest.mark.parametrize("state", ["yes", "no", "ambiguous", "annulled", "pending"])
def test_every_state_is_shown_by_its_own_name_in_sixty_columns(
    state: OutcomeState, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("COLUMNS", "60")
    claims = (claim(state),)
    print_scores(
        Scores(
            ledger_head="", claims=claims, standings=standings(claims), not_registered=(), series=()
        )
    )
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= 60
    assert "\x1b" not in said
    words = said.split()
    assert state in words
    for told in ("0.25", "10", "0.70", "0.490", "-10.50", "+10.50", "late"):
        assert told in words


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    write_text(tmp_path / "params.yaml", "protocols: []\n")
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path)


def score(*words: str) -> str:
    result = CliRunner().invoke(app, ["score", *words], catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_an_empty_project_is_told_what_to_do(project: Project):
    assert "cpbench predict" in score()
    assert not project.scores.exists()


def test_what_is_printed_as_json_is_what_is_written(project: Project):
    printed = score("--json", "--out")
    assert project.scores.read_text() == printed
    assert json.loads(printed)["claims"] == []


def imported(module: str) -> set[str]:
    code = f"import sys, {module}; print(*sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(said.stdout.split())


def test_judging_never_imports_torch_scipy_or_pandas():
    modules = imported("cpbench.scoring")
    assert "numpy" in modules
    assert not {"torch", "scipy", "pandas"} & modules


def test_reading_claims_needs_no_numpy():
    assert "numpy" not in imported("cpbench.claims")
