"""λ̂ of deep linear nets beside devinterp's at equal settings, and the time either needs for 10 %.

It runs in an environment that has both; `benchmarks/llc/README.md` says how to make one.
`python -m benchmarks.llc.rivals`; about half an hour on one core. Seconds are the
processor's, so that a busy machine spoils little: both use one thread and wait for nothing.
"""

import argparse
import logging
import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from benchmarks.llc.linear_nets import NUM_EXAMPLES, Net, Problem, problem, sharpness
from benchmarks.llc.place import FOLDER, write
from benchmarks.llc.rival import VERSION, Langevin, Method, Subject, common_use, expert_use, ours

log = logging.getLogger(__name__)

NETS = (Net((4, 4, 4), 2, 11), Net((6, 5, 4, 5, 6), 3, 12), Net((10, 8, 6, 8, 10), 4, 13))
NOISE = 1.0
"""σ."""
SEEDS = range(5)
LOCALIZATION = 100.0
"""γ."""
NUM_CHAINS = 8
BATCH_SIZE = 128
CLOSE = 0.1
"""Relative root mean square error that is to be reached."""

COMMON, EXPERT, OURS = "devinterp, as its examples", "devinterp, as an expert", "cpbench"
METHODS: dict[str, Method] = {COMMON: common_use, EXPERT: expert_use, OURS: ours}


class Cell(NamedTuple):
    """Settings that the methods are compared at."""

    nbeta: float
    step_share: float
    """ε times the largest curvature of nβL + the localizer."""
    num_steps: int
    """Steps of the burn-in, and draws after it."""
    methods: tuple[str, ...] = (COMMON, EXPERT, OURS)


NBETAS = (NUM_EXAMPLES / math.log(NUM_EXAMPLES), 100.0)
CELLS = (
    Cell(NBETAS[0], 0.3, 100, (EXPERT, OURS)),
    Cell(NBETAS[0], 0.3, 250, (EXPERT, OURS)),
    Cell(NBETAS[0], 0.03, 500, (EXPERT, OURS)),
    Cell(NBETAS[0], 0.1, 500),
    Cell(NBETAS[0], 0.3, 500),
    Cell(NBETAS[0], 0.03, 1500, (EXPERT, OURS)),
    Cell(NBETAS[0], 0.1, 1500, (EXPERT, OURS)),
    Cell(NBETAS[1], 0.3, 500),
)
"""L(w*) from a few batches errs by the same however many steps follow: no grid for it."""


class Line(NamedTuple):
    """What a method came to in one cell."""

    widths: tuple[int, ...]
    method: str
    run: Langevin
    exact: float
    exact_se: float
    found: list[float | None]
    """One number per seed; None where there is none."""
    error: float | None
    """Relative root mean square; None where some seed gave no number."""
    seconds: float
    """Of the fastest seed."""
    median_seconds: float


def main() -> None:
    """Run the benchmark and write `rivals.json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    folder = parser.parse_args().folder
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.set_num_threads(1)
    lines = [line for net in NETS for cell in CELLS for line in compare(net, cell)]
    content: dict[str, object] = {
        "devinterp": VERSION,
        "noise": NOISE,
        "num_examples": NUM_EXAMPLES,
        "nets": [net._asdict() for net in NETS],
        "seeds": list(SEEDS),
        "lines": [line._asdict() | {"run": line.run._asdict()} for line in lines],
        "time_to_close": [reach(lines, net, method) for net in NETS for method in METHODS],
    }
    write("rivals", content, folder=folder)


def compare(net: Net, cell: Cell) -> list[Line]:
    """Return error and time of each method in one cell."""
    made = problem(net, NOISE)
    run = _run(made, cell)
    exact = made.exact(run.nbeta, run.localization)
    subject = Subject(made.model, made.inputs, made.targets, "squared_error")
    found: dict[str, list[float | None]] = {name: [] for name in cell.methods}
    seconds: dict[str, list[float]] = {name: [] for name in cell.methods}
    for seed in SEEDS:
        for name in cell.methods:
            began = time.process_time()
            found[name].append(METHODS[name](subject, run, seed))
            seconds[name].append(time.process_time() - began)
    lines: list[Line] = []
    for name in cell.methods:
        error = error_of(found[name], exact.llc)
        times = min(seconds[name]), float(np.median(seconds[name]))
        lines.append(Line(net.widths, name, run, *exact, found[name], error, *times))
        log.info("%s %s %s: %s in %.2f s", net.widths, cell[:3], name, error, times[0])
    return lines


def error_of(found: Sequence[float | None], exact: float) -> float | None:
    """Return the relative root mean square error; None where some seed gave no number."""
    numbers = [each for each in found if each is not None]
    if len(numbers) < len(found):
        return None
    return float(np.sqrt(np.mean((np.array(numbers) / exact - 1) ** 2)))


def reach(lines: Sequence[Line], net: Net, method: str) -> dict[str, object]:
    """Return the least time at nβ = n / ln n in which a method came close, or its best error."""
    tried = [
        (line.seconds, line.error)
        for line in lines
        if line.widths == net.widths
        and line.method == method
        and line.run.nbeta > NBETAS[1]
        and line.error is not None
    ]
    return {
        "widths": net.widths,
        "method": method,
        "seconds": min((seconds for seconds, off in tried if off <= CLOSE), default=None),
        "best_error": min((off for _, off in tried), default=None),
    }


def _run(made: Problem, cell: Cell) -> Langevin:
    stiffest = cell.nbeta * sharpness(made.layers) + LOCALIZATION
    return Langevin(
        nbeta=cell.nbeta,
        localization=LOCALIZATION,
        step_size=cell.step_share / stiffest,
        num_chains=NUM_CHAINS,
        num_burnin_steps=cell.num_steps,
        num_draws=cell.num_steps,
        batch_size=BATCH_SIZE,
    )


if __name__ == "__main__":
    main()
