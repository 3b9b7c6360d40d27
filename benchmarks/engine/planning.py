"""How planning grows: `cpbench plan` of protocols with 100, 1,000 and 10,000 runs.

Each plan is a process of its own, start-up included, so that its memory is its own too. The runs
grow once by their seeds and once by their removals: a seed costs a hash per epoch, a removal the
resolved settings of its epochs as well.

`.venv/bin/python -m benchmarks.engine.planning`; a minute.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks import results
from benchmarks.engine.place import ROOT, log, parser

EPOCHS = 200
TEMPLATE = """\
id: big
about: {{title: Benchmark}}
protocol:
  dataset: {{kind: digits, train_size: 1000}}
  model: {{kind: mlp, widths: [64]}}
  training:
    batch_size: 50
    optimizer: {{kind: sgd, lr: 0.05, momentum: 0.9}}
    lr_law: {{kind: exponential, gamma: 0.97}}
  phases:
    - {{until: $removal, deficits: [{{kind: vertical_flip}}]}}
    - {{fill_to: {epochs}, lr_clock: continue}}
  sweep: {{removal: {removals}}}
  arms:
    flip: {{}}
    b25: {{training.batch_size: 25}}
    b100: {{training.batch_size: 100}}
    slow: {{training.optimizer.lr: 0.01}}
  seeds: {seeds}
measurements:
  accuracy: {{kind: accuracy, at: [final]}}
"""
NUM_ARMS = 4


class Size(NamedTuple):
    """How large a protocol is; its runs are removals × arms × seeds."""

    removals: int
    seeds: int

    @property
    def runs(self) -> int:
        """How many runs it has."""
        return self.removals * NUM_ARMS * self.seeds


CURVES = {
    "by_seeds": (Size(25, 1), Size(25, 10), Size(25, 100)),
    "by_removals": (Size(1, 25), Size(10, 25), Size(100, 25)),
}
NOTHING = Size(1, 1)


def main() -> None:
    """Run the benchmark and write `planning.json`."""
    chosen = parser(__doc__, rounds=3).parse_args()
    curves = {
        name: [_plan(size, chosen.rounds) for size in sizes[: 1 if chosen.tiny else 3]]
        for name, sizes in CURVES.items()
    }
    start = _plan(NOTHING, chosen.rounds)
    found: dict[str, object] = {"epochs_per_run": EPOCHS, "start_up": start, "curves": curves}
    if not chosen.tiny:
        found["growth"] = {name: _growth(points, start) for name, points in curves.items()}
    log.info("%s", json.dumps(found, indent=1))
    results.write("planning", found, folder=chosen.folder)


def _growth(points: list[dict[str, float]], start: dict[str, float]) -> dict[str, float]:
    """Return what a run adds, and by how much the time grows when the runs grow tenfold."""
    _, middle, largest = (each["cpu_seconds"] - start["cpu_seconds"] for each in points)
    return {
        "milliseconds_per_run": round(1000 * largest / points[-1]["runs"], 3),
        "from_1000_to_10000_runs": round(largest / middle, 2),
    }


def _plan(size: Size, rounds: int) -> dict[str, float]:
    """Return what one `cpbench plan` of this size takes: the best of several."""
    with tempfile.TemporaryDirectory() as folder:
        _write_project(Path(folder), size)
        command = [sys.executable, "-m", "cpbench", "plan", "big"]
        costs = [_cost(command, folder) for _ in range(rounds)]
    return {"runs": size.runs, **min(costs, key=lambda each: each["cpu_seconds"])}


def _cost(command: list[str], folder: str) -> dict[str, float]:
    """Run a command and return its seconds and its peak memory.

    Raises:
        RuntimeError: It failed.
    """
    began = time.perf_counter()
    child = os.posix_spawn(
        "/bin/sh",
        ["sh", "-c", 'cd "$0" && exec "$@" > plan.txt', folder, *command],
        os.environ | {"PYTHONPATH": str(ROOT)},
    )
    _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - began
    if status:
        raise RuntimeError(f"{command}: exit status {os.waitstatus_to_exitcode(status)}")
    kilobytes = usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return {
        "seconds": round(seconds, 2),
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 2),
        "peak_mb": round(kilobytes / 1024, 1),
    }


def _write_project(root: Path, size: Size) -> None:
    removals = json.dumps([EPOCHS // 2 * step // size.removals for step in range(size.removals)])
    protocol = TEMPLATE.format(epochs=EPOCHS, removals=removals, seeds=size.seeds)
    (root / "specs" / "protocols").mkdir(parents=True)
    (root / "specs" / "protocols" / "big.yaml").write_text(protocol)
    (root / "params.yaml").write_text("protocols: [big]\n")


if __name__ == "__main__":
    main()
