"""Time per step, of all chains, beside devinterp's: linear nets, MLPs and convolutional nets.

It runs in an environment that has both, as `rivals` does: `python -m benchmarks.llc.throughput`,
about ten minutes on one core, more with `--compiled`. Whole readings of two lengths are timed.
Their difference is the time of a step; the rest (the gradient at w*, the checks, compiling) is
added to that of 600 + 600 steps. All are seconds of the processor, so that a busy machine spoils
little: methods use one thread and wait for nothing. Methods take turns, and the least of some
rounds counts.
"""

import argparse
import logging
import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import torch
from torch import nn

from benchmarks.llc.place import FOLDER, write
from benchmarks.llc.rival import VERSION, Langevin, Method, Subject, common_use, ours
from cpbench.measurements.llc.backends import choose_backend
from cpbench.measurements.llc.settings import Backend

log = logging.getLogger(__name__)

SEED = 5
NUM_EXAMPLES = 2000
NUM_BURNIN_STEPS = 20
NUM_STEPS = 1200
"""Of a reading with default settings, before any extension."""
NUM_ROUNDS = 3
SHORT = 4
"""How many times fewer draws the short reading has."""
NBETA, LOCALIZATION, STEP_SIZE = 100.0, 5e6, 1e-7
"""Time does not depend on them: steps this small never diverge, and a pull this strong equilibrates
in the burn-in, which would be extended otherwise."""
RIVAL = "devinterp"


class Case(NamedTuple):
    """One comparison."""

    name: str
    make: Callable[[], nn.Module]
    shape: tuple[int, ...]
    """Of one input."""
    batch_size: int
    num_chains: int
    num_draws: int
    """Of the long reading; a multiple of 80, so that both lengths have equally many checks."""


def main() -> None:
    """Run the benchmark and write `throughput.json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--only", default="", help="cases whose name contains this")
    parser.add_argument("--compiled", action="store_true", help="time that backend too")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.set_num_threads(1)
    backends: tuple[Backend, ...] = ("loop", "vmap")
    if arguments.compiled:
        backends = (*backends, "compiled")
    lines = [compare(case, backends) for case in CASES if arguments.only in case.name]
    content: dict[str, object] = {"devinterp": VERSION, "num_rounds": NUM_ROUNDS, "lines": lines}
    write("throughput", content, folder=arguments.folder)


class Times(NamedTuple):
    """What a method takes."""

    step: float
    """Milliseconds per step of all chains."""
    reading: float
    """Seconds of a reading of `NUM_STEPS`."""


def compare(case: Case, backends: tuple[Backend, ...]) -> dict[str, object]:
    """Return the times of each method."""
    subject = _subject(case)
    methods: dict[str, Method] = {RIVAL: common_use}
    methods |= {each: partial(ours, backend=each) for each in backends}
    lengths = case.num_draws // SHORT, case.num_draws
    took = [
        {
            (name, length): _seconds(method, subject, _run(case, length))
            for name, method in methods.items()
            for length in lengths
        }
        for _ in range(NUM_ROUNDS)
    ]
    times: dict[str, Times] = {}
    for name in methods:
        short, long = (min(each[name, length] for each in took) for length in lengths)
        step = (long - short) / (lengths[1] - lengths[0])
        rest = long - step * (lengths[1] + NUM_BURNIN_STEPS)
        times[name] = Times(1e3 * step, rest + NUM_STEPS * step)
    chosen = choose_backend(subject.model, subject.inputs, case.batch_size)
    line: dict[str, object] = {
        "name": case.name,
        "num_weights": sum(each.numel() for each in subject.model.parameters()),
        "batch_size": case.batch_size,
        "num_chains": case.num_chains,
        "milliseconds_per_step": {name: each.step for name, each in times.items()},
        "seconds_per_reading": {name: each.reading for name, each in times.items()},
        "chosen": chosen,
        "speedup_of_steps": times[RIVAL].step / times[chosen].step,
        "speedup_of_readings": times[RIVAL].reading / times[chosen].reading,
    }
    log.info("%s", line)
    return line


def _seconds(method: Method, subject: Subject, run: Langevin) -> float:
    began = time.process_time()
    method(subject, run, SEED)
    return time.process_time() - began


def _run(case: Case, num_draws: int) -> Langevin:
    return Langevin(
        nbeta=NBETA,
        localization=LOCALIZATION,
        step_size=STEP_SIZE,
        num_chains=case.num_chains,
        num_burnin_steps=NUM_BURNIN_STEPS,
        num_draws=num_draws,
        batch_size=case.batch_size,
    )


def _subject(case: Case) -> Subject:
    generator = torch.Generator().manual_seed(SEED)
    model = case.make()
    for parameter in model.parameters():
        scale = parameter[0].numel() ** -0.5 if parameter.ndim > 1 else 0.0
        parameter.data = scale * torch.randn(parameter.shape, generator=generator)
    inputs = torch.randn(NUM_EXAMPLES, *case.shape, generator=generator)
    if case.make is linear_net:
        return Subject(
            model, inputs, torch.randn(inputs.shape, generator=generator), "squared_error"
        )
    labels = torch.randint(10, (NUM_EXAMPLES,), generator=generator)
    return Subject(model, inputs, labels, "cross_entropy")


def linear_net() -> nn.Module:
    """Return a deep linear net."""
    return nn.Sequential(*(nn.Linear(a, b, bias=False) for a, b in pairwise((10, 8, 6, 8, 10))))


def mlp() -> nn.Module:
    """Return two hidden layers of 64 for images of 28 × 28."""
    return nn.Sequential(
        nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)
    )


def cnn(width: int) -> nn.Module:
    """Return three convolutions of growing width, each pooled, for images of 16 × 16."""
    layers: list[nn.Module] = []
    for fan_in, fan_out in pairwise((3, width, 2 * width, 4 * width)):
        layers += [nn.Conv2d(fan_in, fan_out, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(4 * width * 4, 10))


IMAGE = (3, 16, 16)
CASES = (
    Case("linear 10-8-6-8-10", linear_net, (10,), 64, 8, 800),
    Case("linear 10-8-6-8-10", linear_net, (10,), 64, 32, 400),
    Case("linear 10-8-6-8-10", linear_net, (10,), 512, 8, 400),
    Case("MLP 784-64-64-10", mlp, (784,), 64, 4, 400),
    Case("MLP 784-64-64-10", mlp, (784,), 512, 4, 200),
    Case("CNN 8-16-32", partial(cnn, 8), IMAGE, 32, 4, 160),
    Case("CNN 8-16-32", partial(cnn, 8), IMAGE, 64, 4, 160),
    Case("CNN 8-16-32", partial(cnn, 8), IMAGE, 512, 4, 80),
    Case("CNN 16-32-64", partial(cnn, 16), IMAGE, 32, 4, 160),
    Case("CNN 16-32-64", partial(cnn, 16), IMAGE, 64, 4, 160),
    Case("CNN 16-32-64", partial(cnn, 16), IMAGE, 512, 4, 80),
)

if __name__ == "__main__":
    main()
