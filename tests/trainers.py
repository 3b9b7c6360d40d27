"""Trainers to be killed, stopped and starved: forked off one process that has imported torch.

So starting one takes no time, and a test can start fifty.
"""

import itertools
import json
import multiprocessing
import os
import resource
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from workspaces import PROTOCOL

from cpbench.cli.errors import reporting
from cpbench.digests import file_digest
from cpbench.evaluating import evaluate_protocol
from cpbench.executors import opening, queues
from cpbench.executors.training import train_protocol
from cpbench.measuring import measure_protocol
from cpbench.plan.compiling import Compiled, load_compiled
from cpbench.project import Project, find
from cpbench.records.files import to_json, write_text
from cpbench.store import STATE, folders

PRELOADED = ["cpbench.measuring", "cpbench.evaluating", "sklearn.datasets", "torch._dynamo"]
"""What takes seconds to import, also where torch would do so at the first optimizer."""
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(PRELOADED)
PATIENCE = 60.0
LINUX = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc: Linux only")
TRAIN, ALL = ("train",), ("train", "measure", "evaluate")
_NUMBERS = itertools.count()
MEASUREMENTS = PROTOCOL.index("measurements:")


class Task(NamedTuple):
    """What a process is forked off for."""

    root: Path
    hook: str
    stages: tuple[str, ...]
    variables: dict[str, str]
    said: Path
    log: Path


class Study:
    """A project with one protocol and its plan, on which trainers can be let loose."""

    def __init__(self, root: Path, *edits: tuple[str, str]) -> None:
        text = PROTOCOL[:MEASUREMENTS] + "measurements: {accuracy: {kind: accuracy, at: [final]}}\n"
        for old, new in edits:
            assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times"
            text = text.replace(old, new)
        self.root = root
        self.project = Project(root)
        self.segments = self.project.store
        self.waypoints = self.segments.with_name("waypoints")
        self.quarantine = self.segments.with_name("quarantine")
        self.leases = self.segments.with_name("leases")
        self.log = root / "epochs.log"
        write_text(self.project.params, "protocols: [tiny]\n")
        write_text(self.project.protocol("tiny"), text)
        self.compiled: Compiled = load_compiled(self.project, "tiny")
        write_text(self.project.plan("tiny"), to_json(self.compiled.plan.json_value()))

    def start(self, hook: str = "", stages: Sequence[str] = TRAIN, **variables: str) -> "Trainer":
        """Start a trainer.

        Args:
            hook: Name of one of `HOOKS`, done to it before it begins.
            stages: What it runs, one stage after another.
            variables: Its environment, besides one worker on a CPU.
        """
        own = {"CPBENCH_WORKERS": "1", "CPBENCH_DEVICE": "cpu", **variables}
        return Trainer(self, hook, stages, own)

    def train(self, hook: str = "", stages: Sequence[str] = TRAIN, **variables: str) -> "Trainer":
        """Let a trainer run to its end."""
        trainer = self.start(hook, stages, **variables)
        trainer.wait()
        return trainer

    def manifests(self) -> dict[str, dict[str, Any]]:
        """Return what every stored state says of itself."""
        found = [json.loads(path.read_text()) for path in self.segments.glob("??/*/manifest.json")]
        return {each["state"]: each for each in found}

    def weights(self) -> dict[str, str]:
        """Return the hash of every stored state."""
        return {each.name: file_digest(each / STATE) for each in folders(self.segments)}

    def folder(self, state: str) -> Path:
        [found] = self.segments.glob(f"??/{state}.*")
        return found

    def results(self) -> bytes:
        return self.project.result("tiny").read_bytes()

    def records(self) -> dict[str, bytes]:
        """Return every run record's bytes."""
        folder = self.project.runs("tiny")
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.json")}

    def epochs_begun(self) -> int:
        """Return how many epochs of how many members were begun, by all trainers together."""
        return len(self.log.read_bytes()) if self.log.exists() else 0

    @property
    def epochs(self) -> int:
        """How many distinct epochs there are."""
        return self.compiled.plan.epochs_shared


class Backwards:
    """A heap that gives what it should give last."""

    @staticmethod
    def heappush(heap: list[Any], entry: Any) -> None:
        heap.append(entry)
        heap.sort()

    @staticmethod
    def heappop(heap: list[Any]) -> Any:
        return heap.pop()


class Trainer:
    """A process that trains a study, and its workers."""

    def __init__(
        self, study: Study, hook: str, stages: Sequence[str], variables: Mapping[str, str]
    ) -> None:
        self._said = study.root / f"said{next(_NUMBERS)}.txt"
        task = Task(study.root, hook, tuple(stages), dict(variables), self._said, study.log)
        self._process = CONTEXT.Process(target=_work, args=(task,))
        self._process.start()
        STARTED.append(self)

    @property
    def is_alive(self) -> bool:
        return self._process.is_alive()

    @property
    def said(self) -> str:
        """What it has printed."""
        return self._said.read_text() if self._said.exists() else ""

    @property
    def code(self) -> int | None:
        """What it ended with; negative for a signal."""
        return self._process.exitcode

    def wait(self) -> int:
        self._process.join(PATIENCE)
        assert self.code is not None, f"waited {PATIENCE} s for a trainer to end:\n{self.said}"
        assert "Traceback" not in self.said, self.said
        return self.code

    def signal(self, number: int) -> None:
        """Send a signal to it and its workers, as a terminal or a scheduler does."""
        assert self._process.pid is not None
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:  # it has no group of its own yet
            os.kill(self._process.pid, number)

    def kill(self) -> None:
        """Kill it and its workers at once, and wait until none is left."""
        self.signal(signal.SIGKILL)
        self._process.join()


STARTED: list[Trainer] = []


def end_all() -> None:
    """Leave no trainer behind, however a test has ended."""
    while STARTED:
        trainer = STARTED.pop()
        if trainer.is_alive:
            trainer.kill()


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited {PATIENCE} s for {what}"
        time.sleep(0.005)


def _work(task: Task) -> None:
    """Be a trainer: the stages, as `python -m pipelines.train tiny` runs the first of them."""

    os.setsid()
    os.chdir(task.root)
    os.environ.update(task.variables)
    for stream in (1, 2):
        os.dup2(os.open(task.said, os.O_WRONLY | os.O_CREAT | os.O_APPEND), stream)
    if task.hook:
        HOOKS[task.hook]()
    _log_epochs(os.open(task.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND))
    known = {"train": train_protocol, "measure": measure_protocol, "evaluate": evaluate_protocol}
    with reporting():
        for stage in task.stages:
            known[stage](find(), "tiny")


def _log_epochs(log: int) -> None:
    """Write a byte for every epoch of every member, before it is trained."""

    def logged(opener: Any) -> Any:
        class Logged(opener):
            def train_epoch(self, work: Any) -> Any:
                os.write(log, b"." * len(work))
                return super().train_epoch(work)

        return Logged

    opening.OPENERS = {name: logged(opener) for name, opener in opening.OPENERS.items()}


def _fill_the_disk(num_bytes: int) -> None:
    """Let no file grow beyond so many bytes."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, num_bytes))


def _run_out_of_memory(most: int) -> None:
    """Let a device hold so many members and no more."""

    def limited(opener: Any) -> Any:
        class Limited(opener):
            def train_epoch(self, work: Any) -> Any:
                if self.width > most:
                    raise torch.OutOfMemoryError("CUDA out of memory (mocked)")
                return super().train_epoch(work)

        return Limited

    opening.OPENERS = {name: limited(opener) for name, opener in opening.OPENERS.items()}


def _turn_around() -> None:
    """Take the shortest lines first, against the queue's better judgement."""
    first = queues.Queue._first

    def last(queue: queues.Queue, shape: Any) -> Any:
        return tuple(-each for each in first(queue, shape))

    queues.Queue._first = last
    queues.heapq = Backwards


def _slow_down() -> None:
    """Make an epoch take a twentieth of a second."""

    def slowed(opener: Any) -> Any:
        class Slowed(opener):
            def train_epoch(self, work: Any) -> Any:
                time.sleep(0.05)
                return super().train_epoch(work)

        return Slowed

    opening.OPENERS = {name: slowed(opener) for name, opener in opening.OPENERS.items()}


def _dwell() -> None:
    """Make an epoch take longer than any patience."""

    def stuck(opener: Any) -> Any:
        class Stuck(opener):
            def train_epoch(self, work: Any) -> Any:
                for _ in range(6000):
                    time.sleep(0.1)
                return super().train_epoch(work)

        return Stuck

    opening.OPENERS = {name: stuck(opener) for name, opener in opening.OPENERS.items()}


HOOKS: dict[str, Callable[[], None]] = {
    "no room for weights": lambda: _fill_the_disk(2000),
    "backwards": _turn_around,
    "room for one": lambda: _run_out_of_memory(1),
    "room for two": lambda: _run_out_of_memory(2),
    "room for none": lambda: _run_out_of_memory(0),
    "slow": _slow_down,
    "stuck": _dwell,
}
"""By name, since a forked process imports this module anew."""
