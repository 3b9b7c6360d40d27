from pathlib import Path

import numpy as np
import pytest

from cpbench.claims import load_prediction
from cpbench.ledger import (
    AcceptPayload,
    Circumstances,
    GitState,
    ToldClaim,
    append,
    claims_of,
    known_results,
    payload_of,
    read_ledger,
)
from cpbench.ledger.entries import Subject
from cpbench.plan.compiling import load_compiled, load_plan_digest
from cpbench.project import Project
from cpbench.records.files import to_json, write_text
from cpbench.records.published import published_digest
from cpbench.records.results import Row, write_results
from cpbench.specs.loading import load_published
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
NOW = Circumstances("2026-01-02T03:04:05Z", "Ann", GitState(commit="", dirty=False))


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

    def register(self, name: str = "bet", *, accept: bool = True) -> Prediction:
        prediction = load_prediction(self.project.predictions / f"{name}.yaml")
        payload = payload_of(
            self.project, prediction, {"blur": load_plan_digest(self.project, "blur")}
        )
        append(
            self.project,
            payload,
            NOW,
        )
        if accept:
            self.accept("ann", "bob")
        return prediction

    def register_published(self, name: str) -> None:
        """Register the prediction on a table of somebody else's results."""
        prediction = load_prediction(self.project.predictions / "bet.yaml")
        digest = published_digest(load_published(self.project.protocol(name)))
        append(self.project, payload_of(self.project, prediction, {name: digest}), NOW)
        self.accept("ann", "bob")

    def accept(self, *parties: str) -> None:
        for claim in claims_of(read_ledger(self.project.ledger)):
            for told in claim.stakes:
                for party in set(parties) & {*told.waiting_for}:
                    self.say(AcceptPayload, claim, by=party, stake=told.name)

    def say(self, kind: type[Subject], claim: ToldClaim, **fields: object) -> None:
        """Append an entry about a claim."""
        about = {
            "prediction": claim.entry.payload.prediction.id,
            "claim": claim.claim.id,
            "claim_hash": claim.hash,
            "known_results": known_results(self.project, claim.protocols),
        }
        append(self.project, kind.model_validate({**about, **fields}), NOW)

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
