"""λ̂ of twenty checkpoints of small dense nets on digits, against long MALA chains.

`.venv/bin/python -m benchmarks.llc.mlp`; half an hour on one core.
"""

import argparse
import logging
import time
from collections.abc import Mapping, Sequence
from functools import cache, partial
from typing import Any, cast

import numpy as np
import sklearn.datasets  # pyright: ignore[reportMissingTypeStubs] - it ships none
import torch
from numpy.typing import NDArray
from torch import nn

from benchmarks.llc.density import Task
from benchmarks.llc.known import known
from benchmarks.llc.mala import Length, Reference, references
from benchmarks.llc.nets import Examples, beside, trained
from benchmarks.llc.place import write
from cpbench.api import llc
from cpbench.measurements.llc.losses import cross_entropy
from cpbench.measurements.llc.reading import LLCReading

log = logging.getLogger(__name__)

SEED = 20261
TRAINING_SEEDS = (0, 1, 2, 3)
EPOCHS = (1, 3, 10, 30, 100)
NUM_EXAMPLES = 1000
LOCALIZATION = 100.0
"""γ of all: what the rule asks for after one epoch, 86, rounded up; later it asks for less."""
LENGTH = Length(num_steps=3000, num_warmup_steps=1000, num_chains=4)
SPREAD_EPOCHS = (1, 3, 100)
NUM_SPREAD = 5


def main() -> None:
    """Run the benchmark and write `mlp.json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--localization", type=float, default=LOCALIZATION)
    gamma = parser.parse_args().localization
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.set_num_threads(1)
    name = "mlp" if gamma == LOCALIZATION else f"mlp_{gamma:g}"
    data = digits()
    began = time.monotonic()
    models = [each for seed in TRAINING_SEEDS for each in trained(net(), data, EPOCHS, seed)]
    number = len(data.inputs)
    task = Task(*data, cross_entropy, number / np.log(number), gamma)
    generator = torch.Generator().manual_seed(SEED)
    make = partial(references, models, task, LENGTH, generator)
    exact = known(name, models, task, LENGTH, make)
    log.info("references: %.0f s", time.monotonic() - began)
    origins = [(seed, epoch) for seed in TRAINING_SEEDS for epoch in EPOCHS]
    lines = [
        one(model, origin, reference, gamma)
        for model, origin, reference in zip(models, origins, exact, strict=True)
    ]
    first = dict(zip(EPOCHS, models, strict=False))
    stability = [steadiness(first[epoch], epoch, gamma) for epoch in SPREAD_EPOCHS]
    write(name, {"summary": summary(lines), "readings": lines, "steadiness": stability})


def one(
    model: nn.Module, origin: tuple[int, int], reference: Reference, gamma: float
) -> dict[str, object]:
    """Return the reading of one checkpoint beside its reference."""
    began = time.monotonic()
    reading = llc(model, *digits(), localization=gamma, seed=SEED)
    line = beside(reading, reference)
    log.info("%s: %s; reference %.4g ± %.2g", origin, reading, reference.llc, reference.se)
    seed, epoch = origin
    return line | {"training_seed": seed, "epoch": epoch, "seconds": time.monotonic() - began}


def steadiness(model: nn.Module, epoch: int, gamma: float) -> dict[str, object]:
    """Return how far λ̂ moves with the sampler's seed, and with twice the steps."""
    readings = [llc(model, *digits(), localization=gamma, seed=seed) for seed in range(NUM_SPREAD)]
    longer = llc(
        model, *digits(), localization=gamma, seed=0, num_burnin_steps=1200, num_draws=1200
    )
    values = _values(readings)
    mean = float(np.mean(values))
    moved = longer.llc / values[0] - 1 if longer.llc is not None else None
    found: dict[str, object] = {
        "epoch": epoch,
        "values": values,
        "relative_sd": float(np.std(values, ddof=1)) / abs(mean),
        "relative_se": [each.se / abs(mean) for each in readings if each.se is not None],
        "statuses": [each.status for each in readings],
        "doubled": longer.llc,
        "doubled_status": longer.status,
        "moved_by_doubling": moved,
    }
    log.info("%s", found)
    return found


def summary(lines: Sequence[dict[str, object]]) -> dict[str, object]:
    """Return the shares and errors that a reader asks for first."""
    errors = [abs(float(str(line["error"]))) for line in lines if "error" in line]
    sound = [line for line in lines if line["status"] == "ok"]
    sound_errors = [abs(float(str(line["error"]))) for line in sound]
    return {
        "num_readings": len(lines),
        "num_within": sum(bool(line.get("is_within")) for line in lines),
        "num_ok": len(sound),
        "num_ok_within": sum(bool(line["is_within"]) for line in sound),
        "median_error": float(np.median(errors)),
        "largest_error": max(errors),
        "median_error_of_ok": float(np.median(sound_errors)),
        "largest_error_of_ok": max(sound_errors),
    }


def net() -> nn.Module:
    """Return 64 → 48 → 48 → 10 with ReLU: 5,962 weights."""
    return nn.Sequential(
        nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU(), nn.Linear(48, 10)
    )


@cache
def digits() -> Examples:
    """Return some of scikit-learn's digits, with mean 0 and spread 1 over all pixels."""
    bunch = cast("Mapping[str, NDArray[Any]]", sklearn.datasets.load_digits())
    order = np.random.default_rng(SEED).permutation(len(bunch["target"]))[:NUM_EXAMPLES]
    images = torch.tensor(bunch["data"][order]).float()
    labels = torch.tensor(bunch["target"][order]).long()
    return Examples((images - images.mean()) / images.std(), labels)


def _values(readings: Sequence[LLCReading]) -> list[float]:
    return [each.llc for each in readings if each.llc is not None]


if __name__ == "__main__":
    main()
