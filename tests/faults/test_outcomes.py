"""A loss that is no number is an outcome: recorded, told, and never tried again."""

import csv
import io
import json
from pathlib import Path

import pytest
from trainers import ALL, LINUX, Study

pytestmark = [pytest.mark.slow, LINUX]
WILD = ("b60: {training.batch_size: 60}", "b60: {training.optimizer.lr: 1.0e+30}")


def test_a_run_that_diverges_is_recorded_so_and_not_trained_again(tmp_path: Path):
    study = Study(tmp_path, WILD)
    trainer = study.train(stages=ALL)
    assert trainer.code == 0
    assert "diverged in epoch" in trainer.said
    begun = study.epochs_begun()
    assert begun < study.epochs
    records = {name: json.loads(data) for name, data in study.records().items()}
    assert {(each["arm"], "diverged" in each) for each in records.values()} == {
        ("b20", False),
        ("b60", True),
    }
    rows = list(csv.DictReader(io.StringIO(study.results().decode())))
    assert {row["status"] for row in rows if row["arm"] == "b60"} == {"diverged"}
    assert "diverged" not in {row["status"] for row in rows if row["arm"] == "b20"}
    assert {row["value"] for row in rows if row["status"] == "diverged"} == {""}

    again = study.train(stages=ALL)
    assert again.code == 0
    assert "diverged" not in again.said
    assert study.epochs_begun() == begun
