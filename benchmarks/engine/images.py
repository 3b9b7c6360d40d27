"""ResNets on 32×32 images: images per second of our feed and loop, and of the plain ones.

`.venv/bin/python -m benchmarks.engine.images`; about ten minutes on two idle cores. Ours run in two
processes of one thread; the plain loop (`plain.py`) is one process with torch's default threads and
a DataLoader with 0 or 2 workers, which are kept from epoch to epoch. All mirror, crop, blur (32 → 8
→ 32) and normalise, at batch 128; nothing is tested. Images are random bytes, or those of the
class folders below `--images`: no time depends on what they show.
"""

import multiprocessing
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple

import torch

from benchmarks.engine.crews import CPU, untrained
from benchmarks.engine.place import log, parser
from benchmarks.engine.plain import Script, Way
from benchmarks.engine.subjects import Picture, subject
from benchmarks.engine.turns import ratio, spread, take_turns
from benchmarks.results import write
from cpbench.training.device import settle
from cpbench.training.feed import Feed
from cpbench.training.learner import resumed
from cpbench.training.loop import train_epoch

BATCH = 128
NETS = {
    "small_resnet, width 16": ({"kind": "small_resnet", "width": 16}, 48),
    "resnet18, stem imagenet": ({"kind": "resnet18", "stem": "imagenet"}, 8),
    "resnet18, stem cifar": ({"kind": "resnet18", "stem": "cifar"}, 1),
}
"""Spec, and how many batches time it."""


class Job(NamedTuple):
    """What a process does when asked."""

    net: str
    num_batches: int
    folder: Path | None
    way: Way | None = None
    """Of the plain loop; none: ours."""
    precision: str | None = None
    is_channels_last: bool = True
    is_trained: bool = True
    """Or only the examples are made."""


METHODS: Mapping[str, tuple[int, Callable[[Job], Job]]] = {
    "plain, 0 workers": (1, lambda job: job._replace(way=Way("pil", 0))),
    "plain, 2 workers": (1, lambda job: job._replace(way=Way("pil", 2, are_kept=True))),
    "ours": (2, lambda job: job),
    "ours, bf16": (2, lambda job: job._replace(precision="bf16")),
    "ours, not channels_last": (2, lambda job: job._replace(is_channels_last=False)),
    "ours, one process": (1, lambda job: job),
}
EXAMPLES = {
    "plain, 0 workers": METHODS["plain, 0 workers"],
    "plain, 2 workers": METHODS["plain, 2 workers"],
    "ours": METHODS["ours"],
}


def main() -> None:
    """Run the benchmark and write `images.json`."""
    command = parser(__doc__, rounds=5)
    command.add_argument("--images", type=Path, help="class folders with 32×32 images")
    arguments = command.parse_args()
    lines: list[dict[str, object]] = []
    with ExitStack() as stack:
        pools = {False: _pool(1, None, stack), True: _pool(2, settle, stack)}
        for name, (_, num_batches) in NETS.items():
            job = Job(name, 1 if arguments.tiny else num_batches, arguments.images)
            lines += compare(job, METHODS, pools, arguments.rounds)
        name, (_, num_batches) = next(iter(NETS.items()))
        job = Job(name, 1 if arguments.tiny else num_batches, arguments.images, is_trained=False)
        lines += compare(job, EXAMPLES, pools, arguments.rounds)
    results = {
        "batch_size": BATCH,
        "images": "real images" if arguments.images else "random bytes",
        "threads_of_the_plain_loop": torch.get_num_threads(),
        "lines": lines,
    }
    write("images", results, folder=arguments.folder)


def compare(
    job: Job,
    chosen: Mapping[str, tuple[int, Callable[[Job], Job]]],
    pools: Mapping[bool, ProcessPoolExecutor],
    rounds: int,
) -> list[dict[str, object]]:
    """Return images per second of each method, and ratios to the better of the plain ones."""
    methods = {
        name: partial(_rate, change(job), number, pools)
        for name, (number, change) in chosen.items()
    }
    for method in methods.values():
        method()  # sets everything up
    rates = take_turns(methods, rounds)
    plain = [each for name, each in rates.items() if name.startswith("plain")]
    better = max(plain, key=lambda each: spread(each)["median"])
    lines: list[dict[str, object]] = [
        {
            "net": job.net if job.is_trained else "none: examples alone",
            "loop": name,
            "images_per_second": spread(each),
            "over_better_plain": ratio(each, better),
        }
        for name, each in rates.items()
    ]
    log.info("%s", lines)
    return lines


def _pool(number: int, begin: Callable[[], object] | None, stack: ExitStack) -> ProcessPoolExecutor:
    context = multiprocessing.get_context("spawn")
    return stack.enter_context(ProcessPoolExecutor(number, context, begin))


def _rate(job: Job, number: int, pools: Mapping[bool, ProcessPoolExecutor]) -> float:
    """Return images per second of so many processes that begin together."""
    pool = pools[job.way is None]
    begin = time.monotonic() + 0.5
    futures = [pool.submit(_work, job, begin) for _ in range(number)]
    ends = [future.result() for future in futures]
    return number * job.num_batches * BATCH / (max(ends) - begin)


def _work(job: Job, begin: float) -> float:
    """Do one epoch, not before `begin`, and return when it was done."""
    run = _prepared(job)
    time.sleep(max(0.0, begin - time.monotonic()))
    run()
    return time.monotonic()


@lru_cache
def _prepared(job: Job) -> Callable[[], object]:
    root, settings, data = subject(
        NETS[job.net][0],
        Picture(3, 32, job.num_batches * BATCH),
        BATCH,
        folder=job.folder,
        augmentation=[{"kind": "random_flip"}, {"kind": "random_crop", "padding": 4}],
        deficits=[{"kind": "blur", "factor": 4, "down": "area", "up": "bilinear"}],
        **({"precision": job.precision} if job.precision else {}),
    )
    if job.way is not None:
        script = Script(root, data, 0, job.way)
        return partial(script.epoch, settings, is_tested=False, is_trained=job.is_trained)
    feed = Feed(data, 0)
    if not job.is_trained:
        return lambda: sum(len(each.labels) for each in feed.batches(settings, 0))
    model, optimizer = resumed(root, untrained(root, 0), settings.update.optimizer, CPU)
    if not job.is_channels_last:
        model.to(memory_format=torch.contiguous_format)
    return partial(train_epoch, model, optimizer, feed, settings, epoch=0)


if __name__ == "__main__":
    main()
