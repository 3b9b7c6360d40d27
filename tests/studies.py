"""A project with one protocol and one prediction, for tests of commands that fill the ledger."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

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
known_results: [{protocol: blur}]
claims:
  - id: harm
    title: The flip does harm
    type: binary
    claim: damage(blur, at=20) > 1 pp
    resolution: {rule: decisive, draws: student, on_divergence: worst}
    stakes:
      - {yes: ann, no: bob, odds: even, stake: 10.00, currency: USD}
  - id: how_much
    title: How much
    type: numeric
    quantity: damage(blur, at=20)
    unit: pp
    resolution: {rule: decisive, draws: student, on_divergence: worst}
  - id: which
    title: Which removal is worst
    type: categorical
    options:
      - {name: late, when: "damage(blur, at=20) > damage(blur, at=10)"}
      - {name: early, when: "damage(blur, at=10) > damage(blur, at=20)"}
    ordered: false
    given: damage(blur, at=20) > 0
    resolution: {rule: point, on_divergence: worst, missing: drop, max_missing: 0.1, tie: annul}
    pool:
      kind: parimutuel
      currency: EUR
      bets: [{by: ann, stake: 5, on: late}, {by: cleo, stake: 5, on: other}]
forecasts:
  - {by: ann, claim: harm, p: 0.7}
  - {by: ann, claim: how_much, normal: {mean: 3, sd: 1}}
  - {by: bob, claim: how_much, interval: {lower: 1, upper: 4, coverage: 0.8}}
  - {by: cleo, claim: how_much, point: 2.5}
  - {by: dora, claim: how_much, quantiles: {"0.1": 1, "0.5": 2, "0.9": 4}}
  - {by: ann, claim: which, probs: {late: 0.6, early: 0.3, other: 0.1}}
"""
FORECASTS = """\
prediction: bet
forecasts:
  - {by: bob, claim: harm, p: 0.3}
"""
Cpbench = Callable[..., Any]
"""The fixture that runs the command line; what it returns has code, out and err."""
BET = "specs/predictions/bet.yaml"


def make_study(root: Path) -> Project:
    """Write the project; nothing is registered."""
    project = Project(root)
    write_text(project.params, "protocols: [blur]\n")
    write_text(project.protocol("blur"), PROTOCOL)
    write_text(project.predictions / "bet.yaml", PREDICTION)
    write_text(root / "mine.yaml", FORECASTS)
    return project


def edit(project: Project, old: str, new: str) -> None:
    path = project.predictions / "bet.yaml"
    assert path.read_text().count(old) == 1
    write_text(path, path.read_text().replace(old, new))
