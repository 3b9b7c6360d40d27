"""Told to stop, a trainer keeps what it has and leaves with 75; the next one goes on from there."""

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from trainers import LINUX, PATIENCE, Study, wait_for
from workspaces import Workspace

pytestmark = [pytest.mark.slow, LINUX]
EDITS = (("{for: 10}", "{for: 60}"),)
SIGNALS = [signal.SIGTERM, signal.SIGINT, signal.SIGUSR2]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """The same study, undisturbed; not to be changed."""
    study = Study(tmp_path_factory.mktemp("whole"), *EDITS)
    assert study.train(CPBENCH_WORKERS="2").code == 0
    return study


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_a_signal_is_obeyed_after_a_checkpoint_and_nothing_is_trained_twice(
    number: int, workers: str, whole: Study, tmp_path: Path
):
    study = Study(tmp_path, *EDITS)
    trainer = study.start("slow", CPBENCH_WORKERS=workers)
    wait_for(lambda: study.epochs_begun() >= 120, "some epochs")
    trainer.signal(number)
    assert trainer.wait() == 75
    assert "stopped; what was trained is kept" in trainer.said
    assert trainer.said.count("\n") == 1
    assert list(study.waypoints.glob("??/*/manifest.json")) != []
    assert list(study.leases.glob("*.json")) == []
    assert study.train(CPBENCH_WORKERS=workers).code == 0
    assert study.epochs_begun() == study.epochs
    assert study.weights() == whole.weights()
    assert study.records() == whole.records()


def test_a_second_signal_changes_nothing(whole: Study, tmp_path: Path):
    study = Study(tmp_path, *EDITS)
    trainer = study.start("slow", CPBENCH_WORKERS="2")
    wait_for(lambda: study.epochs_begun() >= 120, "some epochs")
    for _ in range(5):
        trainer.signal(signal.SIGTERM)
    assert trainer.wait() == 75
    assert study.train().code == 0
    assert study.epochs_begun() == study.epochs
    assert study.weights() == whole.weights()
    assert not study.quarantine.exists()


def test_an_epoch_that_takes_too_long_is_given_up(whole: Study, tmp_path: Path):
    study = Study(tmp_path, *EDITS)
    trainer = study.start("stuck")
    wait_for(lambda: study.epochs_begun() > 0, "the first epoch")
    trainer.signal(signal.SIGTERM)
    assert trainer.wait() == 75
    begun = study.epochs_begun()
    assert study.train().code == 0
    assert study.epochs_begun() == study.epochs + begun
    assert study.weights() == whole.weights()


def test_the_stage_itself_leaves_with_75_and_goes_on_from_there(
    fresh: Callable[[str], Workspace],
):
    workspace = fresh("preempted")
    workspace.edit(workspace.protocol, "{for: 10}", "{for: 1500}")
    workspace.run("python", "-m", "pipelines.plan", "tiny")
    running = subprocess.Popen(
        ["python", "-m", "pipelines.train", "tiny"],
        cwd=workspace.root,
        env={**workspace.environment(), "CPBENCH_WORKERS": "2"},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell's background job ignores SIGINT, and so would all that it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads
    )
    segments = workspace.root / ".cpbench" / "segments"
    wait_for(lambda: len(list(segments.glob("??/*/manifest.json"))) >= 5, "the first segments")
    status = workspace.run("python", "-m", "cpbench", "status", "--json").stdout
    assert sum(json.loads(status)["training"].values()) >= 1
    os.killpg(running.pid, signal.SIGINT)
    _, said = running.communicate(timeout=PATIENCE)
    assert running.returncode == 75
    assert said == "stopped; what was trained is kept: the same command goes on from there\n"
    left = len(list((workspace.root / ".cpbench" / "waypoints").glob("??/*/manifest.json")))
    assert left >= 1
    workspace.run("python", "-m", "pipelines.train", "tiny")
    assert not list((workspace.root / ".cpbench" / "waypoints").glob("??/*"))
    assert (workspace.root / "artifacts" / "runs" / "tiny").is_dir()
