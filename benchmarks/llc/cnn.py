"""λ̂ of a convolutional net on CIFAR-10, early and late, against long MALA chains.

`.venv/bin/python -m benchmarks.llc.cnn --data data/cifar10_jpeg`; forty minutes on one core.
"""

import argparse
import logging
import math
import time
from functools import partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

from benchmarks.llc.density import Task
from benchmarks.llc.known import known
from benchmarks.llc.mala import Length, references
from benchmarks.llc.nets import Examples, beside, trained
from benchmarks.llc.place import write
from cpbench.api import llc
from cpbench.image_trees import classes_of, files_of
from cpbench.measurements.llc.losses import cross_entropy

log = logging.getLogger(__name__)

SEED = 20260
EPOCHS = (2, 60)
PER_CLASS = 100
BATCHES = (128, 1000)
"""Examples per gradient that λ̂ is measured with; the larger is the whole set."""
LOCALIZATION = 60.0
"""γ of both: what the rule asks for at the early one, 46, rounded up; late it asks for 33."""
LENGTH = Length(num_steps=1600, num_warmup_steps=800, num_chains=4, is_batched=False)


def main() -> None:
    """Run the benchmark and write `cnn.json`; without the images, say so and do nothing."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path, default=Path("data/cifar10_jpeg"))
    data = arguments.parse_args().data
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.set_num_threads(1)
    if not (data / "train").is_dir():
        log.warning("%s: no images there, benchmark skipped; see `cpbench data --help`", data)
        return
    write("cnn", run(examples(data)))


def run(data: Examples) -> dict[str, object]:
    """Return readings of both checkpoints at both batches, beside their references."""
    stages = trained(net(), data, EPOCHS, SEED)
    number = len(data.inputs)
    task = Task(*data, cross_entropy, number / math.log(number), LOCALIZATION)
    lines: list[dict[str, object]] = []
    for epoch, model in zip(EPOCHS, stages, strict=True):
        generator = torch.Generator().manual_seed(SEED + epoch)
        make = partial(references, [model], task, LENGTH, generator)
        reference = known(f"cnn_{epoch}", [model], task, LENGTH, make)[0]
        log.info("epoch %d: %s", epoch, reference)
        for batch in BATCHES:
            began = time.monotonic()
            reading = llc(model, *data, seed=SEED, localization=LOCALIZATION, batch_size=batch)
            line = beside(reading, reference)
            lines.append(line | {"epoch": epoch, "seconds": time.monotonic() - began})
            log.info("epoch %d, batch %d: %s", epoch, batch, reading)
    num_weights = sum(each.numel() for each in stages[0].parameters())
    return {"num_weights": num_weights, "num_examples": number, "readings": lines}


def net() -> nn.Module:
    """Return three convolutions of stride 2 with batch normalisation, and a linear layer."""
    layers: list[nn.Module] = []
    for fan_in, width in ((3, 8), (8, 16), (16, 32)):
        layers += [
            nn.Conv2d(fan_in, width, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
        ]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(512, 10))


def examples(data: Path) -> Examples:
    """Return the first images of every class, each colour with mean 0 and spread 1."""
    paths = [
        (path, label)
        for label, name in enumerate(classes_of(data))
        for path in files_of(data / "train" / name)[:PER_CLASS]
    ]
    pixels = np.stack([np.asarray(Image.open(path).convert("RGB")) for path, _ in paths])
    images = torch.as_tensor(pixels).permute(0, 3, 1, 2).float()
    spread, mean = torch.std_mean(images, dim=(0, 2, 3), keepdim=True)
    return Examples((images - mean) / spread, torch.tensor([label for _, label in paths]))


if __name__ == "__main__":
    main()
