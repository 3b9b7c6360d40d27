"""Any number of trainers may work on one store: each epoch is trained once."""

import json
import os
import signal
import time
from pathlib import Path

import pytest
from trainers import LINUX, Study, wait_for

from cpbench.leases import PATIENCE, Leases

pytestmark = [pytest.mark.slow, LINUX]
EDITS = (("{for: 10}", "{for: 60}"),)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """The same study, trained by one; not to be changed."""
    study = Study(tmp_path_factory.mktemp("whole"), *EDITS)
    assert study.train().code == 0
    return study


@pytest.mark.parametrize("number", [2, 8])
def test_trainers_on_one_store_share_the_work_and_train_nothing_twice(
    number: int, whole: Study, tmp_path: Path
):
    study = Study(tmp_path, *EDITS)
    trainers = [study.start("slow") for _ in range(number)]
    assert [trainer.wait() for trainer in trainers] == [0] * number
    assert study.epochs_begun() == study.epochs
    assert study.weights() == whole.weights()
    assert study.records() == whole.records()
    assert list(study.leases.glob("*.json")) == []
    assert not study.quarantine.exists()


def test_what_a_killed_trainer_held_is_taken_over_at_once_and_little_is_lost(
    whole: Study, tmp_path: Path
):
    study = Study(tmp_path, *EDITS)
    every = {"CPBENCH_CHECKPOINT_SECONDS": "0"}
    first, second = study.start("slow", **every), study.start("slow", **every)
    wait_for(lambda: study.epochs_begun() >= 200, "some epochs of both")
    first.kill()
    assert first.code == -signal.SIGKILL
    assert list(study.leases.glob("*.json")) != []
    assert second.wait() == 0
    assert study.epochs <= study.epochs_begun() <= study.epochs + 8
    assert study.weights() == whole.weights()


def abandoned(study: Study, *, seconds_ago: float) -> list[Path]:
    """Lease every segment to a process of another machine that was last heard of so long ago."""
    leases = Leases(study.leases)
    for state in (each.state for each in study.compiled.stretches):
        leases.claim(f"{state}.stacked.cpu")
    found = sorted(study.leases.glob("*.json"))
    for path in found:
        told = json.loads(path.read_text()) | {"host": "faraway", "machine": "another"}
        path.write_text(json.dumps(told))
        moment = path.stat().st_mtime - seconds_ago
        os.utime(path, (moment, moment))
    return found


def test_leases_of_a_machine_that_fell_silent_are_taken_over(whole: Study, tmp_path: Path):
    study = Study(tmp_path, *EDITS)
    assert abandoned(study, seconds_ago=PATIENCE + 1)
    assert study.train().code == 0
    assert study.epochs_begun() == study.epochs
    assert study.weights() == whole.weights()


def test_leases_of_a_machine_that_is_at_work_are_respected(whole: Study, tmp_path: Path):
    study = Study(tmp_path, *EDITS)
    theirs = abandoned(study, seconds_ago=0)
    trainer = study.start()
    time.sleep(1.5)
    assert trainer.is_alive
    assert study.epochs_begun() == 0
    for path in theirs:  # it gives up
        path.unlink()
    assert trainer.wait() == 0
    assert study.weights() == whole.weights()
