"""A trainer may be killed at any instant: nothing is lost, nothing goes on behind anyone's back."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from trainers import LINUX, wait_for
from workspaces import Workspace

pytestmark = [pytest.mark.slow, LINUX]


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
