from pathlib import Path

import numpy as np
import pytest

from cpbench.claims import load_prediction
from cpbench.ledger import Circumstances, GitState, append, payload_of
from cpbench.plan.compiling import load_compiled, load_plan_digest
from cpbench.project import Project
from cpbench.records.files import to_json, write_text
from cpbench.records.results import Row, write_results
from cpbench.specs.predictions import Prediction

PROTOCOL = """\
id: blur
about: {title: Blur}
protocol:
  dataset: {kind: digits, train_size: 100}
  model: {kind: mlp, widths: [8]}
  training: {batch_size: 50, optimizer: {kind: sgd, lr: 0.05}, lr_law: {kind: constant}}
  phases:
    - {until: $removal, deficits: [{kind: blur, factor: 4, down: area, up: area}]}
    - {for: 10}
  sweep: {removal: [0, 10, 20, 40, 80, 120]}
  arms: {fast: {training.batch_size: 25}, slow: {}}
  controls: [no_deficit, never_removed]
  seeds: 4
measurements:
  accuracy: {kind: accuracy, at: [final]}
"""
PREDICTION = """\
id: bet
about: {title: A bet}
exposure: nothing_run
claims:
  - id: sooner
    title: The small batch is damaged sooner
    type: binary
    claim: half(blur.fast) < half(blur.slow)
    resolution: {rule: decisive, on_divergence: drop}
    stakes:
      - {yes: ann, no: bob, odds: even, stake: 10.00, currency: USD}
forecasts:
  - {by: ann, claim: sooner, p: 0.7}
  - {by: bob, claim: sooner, p: 0.4}
"""
ENDS = {"fast": 20, "slow": 40}


class Bench:
    """A small project with one protocol, and what happens to it."""

    def __init__(self, root: Path) -> None:
        self.project = Project(root)
        write_text(self.project.params, "protocols: [blur]\nheavy:\n")
        write_text(self.project.protocol("blur"), PROTOCOL)
        write_text(self.project.predictions / "bet.yaml", PREDICTION)

    def edit(self, old: str, new: str) -> None:
        path = self.project.predictions / "bet.yaml"
        assert old in path.read_text()
        write_text(path, path.read_text().replace(old, new))

    def register(self) -> Prediction:
        prediction = load_prediction(self.project.predictions / "bet.yaml")
        payload = payload_of(
            self.project, prediction, {"blur": load_plan_digest(self.project, "blur")}
        )
        append(
            self.project,
            payload,
            Circumstances("2026-01-02T03:04:05Z", "Ann", GitState(commit="", dirty=False)),
        )
        return prediction

    def plan(self) -> None:
        plan = load_compiled(self.project, "blur").plan
        write_text(self.project.plan("blur"), to_json(plan.json_value()))

    def run(self, *, seeds: int = 4) -> None:
        """Write results: curves fall by 8 points until their ends, controls stay at 88 and 40 %."""
        self.plan()
        plan = load_compiled(self.project, "blur").plan
        noise = np.random.default_rng(0).normal(size=len(plan.runs)) * 0.2
        rows: list[Row] = []
        for run, wobble in zip(plan.runs, noise, strict=True):
            cell = plan.conditions[run.condition]
            curve = 88 - 8 * min(cell.removal / ENDS[cell.arm], 1)
            percent = {"": curve, "no_deficit": 88.0, "never_removed": 40.0}[cell.control] + wobble
            row = Row(
                "blur",
                cell.arm,
                cell.control,
                cell.point,
                cell.removal,
                cell.onset,
                run.seed,
                "accuracy",
                "final",
                cell.epochs,
                "test_accuracy",
                percent / 100,
                "fraction",
                "ok",
            )
            train = row._replace(
                name="train_accuracy", value=0.9 if cell.arm == "slow" and not cell.control else 1.0
            )
            rows += [row, train] if run.seed < seeds else []
        write_results(self.project.result("blur"), rows)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)
