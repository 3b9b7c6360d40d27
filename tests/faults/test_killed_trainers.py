"""A trainer may be killed at any instant: nothing is lost, nothing goes on behind anyone's back."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from workspaces import Workspace

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc: Linux only"),
]
PATIENCE = 60


def slow_project(fresh: Callable[[str], Workspace], name: str, epochs: int = 150) -> Workspace:
    """Return a project whose training takes some seconds."""
    workspace = fresh(name)
    workspace.edit(workspace.protocol, "{for: 10}", f"{{for: {epochs}}}")
    return workspace


def start(workspace: Workspace, *command: str) -> subprocess.Popen[bytes]:
    environment = {**workspace.environment(), "CPBENCH_WORKERS": "2"}
    return subprocess.Popen(
        command,
        cwd=workspace.root,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def stored(workspace: Workspace) -> int:
    return sum(1 for _ in (workspace.root / ".cpbench" / "segments").glob("??/*/manifest.json"))


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited {PATIENCE} s for {what}"
        time.sleep(0.02)


def processes_in(folder: Path) -> list[int]:
    """Return the processes that work in a folder."""
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                if (entry / "cwd").resolve(strict=True) == folder.resolve():
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def test_after_kill_9_of_everything_the_next_run_goes_on_to_the_same_bytes(
    fresh: Callable[[str], Workspace],
):
    whole = slow_project(fresh, "whole")
    whole.repro()
    broken = slow_project(fresh, "broken")
    ledger = Path("specs/ledger.jsonl")
    (broken.root / ledger).write_bytes((whole.root / ledger).read_bytes())
    running = start(broken, "dvc", "repro")
    wait_for(lambda: stored(broken) >= 10, "the first segments")
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    wait_for(lambda: not processes_in(broken.root), "the workers' end")
    kept = stored(broken)
    assert 10 <= kept < stored(whole)
    before = {
        path: path.stat().st_mtime_ns
        for path in broken.root.glob(".cpbench/segments/??/*/manifest.json")
    }
    broken.repro()
    assert all(path.stat().st_mtime_ns == moment for path, moment in before.items())
    one, two = whole.outputs(), broken.outputs()
    assert [name for name in one if one[name] != two.get(name)] == []


def test_when_dvc_is_killed_the_trainer_and_its_workers_end_with_it(
    fresh: Callable[[str], Workspace],
):
    workspace = slow_project(fresh, "orphans")
    running = start(workspace, "dvc", "repro")
    wait_for(lambda: stored(workspace) >= 5, "the first segments")
    assert len(processes_in(workspace.root)) >= 3
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    wait_for(lambda: not processes_in(workspace.root), "every process of the project to end")
    at_death = stored(workspace)
    time.sleep(0.5)
    assert stored(workspace) == at_death


def test_a_second_trainer_is_refused_and_the_first_is_not_disturbed(
    fresh: Callable[[str], Workspace],
):
    workspace = slow_project(fresh, "two", epochs=800)
    workspace.run("python", "-m", "pipelines.plan", "tiny")
    first = start(workspace, "python", "-m", "pipelines.train", "tiny")
    wait_for(lambda: stored(workspace) >= 5, "the first segments")
    second = workspace.run("python", "-m", "pipelines.train", "tiny", check=False)
    status = workspace.run("python", "-m", "cpbench", "status").stdout
    assert "is training now" in status
    assert second.returncode == 6
    assert "is training here" in second.stderr
    assert "Traceback" not in second.stderr
    assert first.wait(PATIENCE) == 0
    assert (workspace.root / "artifacts" / "runs" / "tiny").is_dir()


def test_ctrl_c_says_that_nothing_is_lost(fresh: Callable[[str], Workspace]):
    workspace = slow_project(fresh, "interrupted")
    workspace.run("python", "-m", "pipelines.plan", "tiny")
    environment = {**workspace.environment(), "CPBENCH_WORKERS": "2"}
    running = subprocess.Popen(
        ["python", "-m", "pipelines.train", "tiny"],
        cwd=workspace.root,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell's background job ignores SIGINT, and so would all that it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads
    )
    wait_for(lambda: stored(workspace) >= 5, "the first segments")
    os.killpg(running.pid, signal.SIGINT)
    _, said = running.communicate(timeout=PATIENCE)
    assert running.returncode == 130
    assert "what is stored is safe" in said
    assert "Traceback" not in said
