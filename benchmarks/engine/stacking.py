"""Milliseconds per member and step: one by one, stacked, and under torch.func, on one core.

`.venv/bin/python -m benchmarks.engine.stacking`; about six minutes on an idle core. The executors
are the engine's own; `torch.func` is what that makes of a net without anybody's help: stacked
weights, `functional_call`, `vmap`, autograd, the same fused optimizer. Every member has its own
order of the examples. The limit of the core is its best product of two 1024² matrices in the same
minutes.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap
from torch.nn.functional import cross_entropy
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.engine.crews import CPU, crew
from benchmarks.engine.place import log, parser
from benchmarks.engine.subjects import Picture, Subject, subject
from benchmarks.engine.turns import ratio, seconds, spread, take_turns
from benchmarks.results import write
from cpbench.models import build
from cpbench.plan.choosing import DENSE, VMAPPED_WIDTH
from cpbench.streams import generator
from cpbench.training.device import settle
from cpbench.training.feed import Feed
from cpbench.training.optimizers import make_optimizer

Tensors = dict[str, Tensor]
SIDE_OF_PRODUCT = 1024
LEAST_SECONDS = 0.25
"""What one turn takes at least."""
WIDTHS = (1, 4, 8, 16, 32)
FEW = (1, 4, 8, 16)
"""Widths of nets that are slow anyway."""


class Case(NamedTuple):
    """A net and its batches."""

    name: str
    model: dict[str, object]
    picture: Picture
    batch_size: int
    widths: tuple[int, ...] = WIDTHS


DIGITS, GREY, COLOUR = Picture(1, 8, 200), Picture(1, 28, 200), Picture(3, 16, 128)
MLP: dict[str, object] = {"kind": "mlp", "widths": [128, 128]}
WIDE_MLP: dict[str, object] = {"kind": "mlp", "widths": [512, 512]}
LINEAR: dict[str, object] = {"kind": "deep_linear", "widths": [32, 32]}
CNN: dict[str, object] = {"kind": "all_cnn", "width": 8}
RESNET: dict[str, object] = {"kind": "small_resnet", "width": 8}
WIDE_RESNET: dict[str, object] = {"kind": "small_resnet", "width": 16}
CASES = (
    Case("MLP 64-128-128-10, batch 20", MLP, DIGITS, 20),
    Case("MLP 64-128-128-10, batch 50", MLP, DIGITS, 50),
    Case("MLP 64-128-128-10, batch 100", MLP, DIGITS, 100),
    Case("MLP 784-512-512-10, batch 100", WIDE_MLP, GREY, 100, FEW),
    Case("deep linear 64-32-32-10, batch 50", LINEAR, DIGITS, 50),
    Case("all_cnn of width 8, 8×8, batch 50", CNN, DIGITS, 50, FEW),
    Case("small_resnet of width 8, 8×8, batch 50", RESNET, DIGITS, 50, FEW),
    Case("small_resnet of width 16, 8×8, batch 50", WIDE_RESNET, DIGITS, 50, FEW),
    Case("small_resnet of width 16, 16×16, batch 64", WIDE_RESNET, COLOUR, 64, FEW),
)


def main() -> None:
    """Run the benchmark and write `stacking.json`."""
    command = parser(__doc__, rounds=7)
    command.add_argument("--only", default="", help="cases whose name contains this")
    arguments = command.parse_args()
    settle()
    lines: list[dict[str, object]] = []
    cases = [each for each in CASES if arguments.only in each.name]
    for case in cases[:1] if arguments.tiny else cases:
        lines.append(compare(case, arguments.rounds))
        log.info("%s", lines[-1])
    write("stacking", {"lines": lines}, folder=arguments.folder)


def compare(case: Case, rounds: int) -> dict[str, object]:
    """Return the milliseconds of each method at each width, and ratios to one by one."""
    about = subject(case.model, case.picture, case.batch_size)
    ways = {"sequential": partial(crew, "sequential", *about, 1)}
    for width in case.widths:
        if case.model["kind"] in DENSE:
            ways[f"stacked {width}"] = partial(crew, "stacked", *about, width)
        elif width == VMAPPED_WIDTH:
            ways[f"vmapped {width}"] = partial(crew, "vmapped", *about, width)
        ways[f"torch.func {width}"] = partial(Vmapped, about, width)
    methods: dict[str, Callable[[], float]] = {
        name: _timed(make(), about.num_steps * int(name.split()[-1] if " " in name else 1))
        for name, make in ways.items()
    }
    found = take_turns(methods | {"product": _gigaflops_of_product}, rounds)
    limit = spread(found.pop("product"))
    flops = flops_per_step(about)
    return {
        "net": case.name,
        "flops_per_step": flops,
        "gigaflops_of_a_product": limit,
        "executors": [
            {
                "executor": name,
                "milliseconds": spread(each),
                "sequential_over": ratio(found["sequential"], each),
                "share_of_limit": 1e-6 * flops / spread(each)["median"] / limit["median"],
            }
            for name, each in found.items()
        ],
    }


class Vmapped:
    """Members as torch.func batches them; they begin like those of `crew`."""

    def __init__(self, about: Subject, number: int) -> None:
        self._settings = about.settings
        root, seeds = about.root, range(number)
        models = [build(root.model, root.dataset, generator(seed, "init"), CPU) for seed in seeds]
        self._model = models[0].train()
        weights, self._buffers = cast("tuple[Tensors, Tensors]", stack_module_state(models))
        self.weights = {name: nn.Parameter(weight) for name, weight in weights.items()}
        holder = nn.ParameterList(self.weights.values())
        self._optimizer = make_optimizer(holder, about.settings.update.optimizer)
        self._feeds = [Feed(about.data, seed) for seed in seeds]

    def __call__(self, number: int = 0) -> None:
        """Train one epoch."""
        streams = [feed.batches(self._settings, number) for feed in self._feeds]
        for batches in zip(*streams, strict=True):
            images, labels = (torch.stack(each) for each in zip(*batches, strict=True))
            for weight in self.weights.values():
                weight.grad = None
            losses = vmap(self._loss)(self.weights, self._buffers, images, labels)
            losses.sum().backward()
            self._optimizer.step()

    def _loss(self, weights: Tensors, buffers: Tensors, images: Tensor, labels: Tensor) -> Tensor:
        return cross_entropy(functional_call(self._model, (weights, buffers), (images,)), labels)


def flops_per_step(about: Subject) -> float:
    """Return the floating-point operations in the products of one member's mean step."""
    root, settings, data = about
    model = build(root.model, root.dataset, generator(0, "init"), CPU).train()
    with FlopCounterMode(display=False) as counter:
        for images, labels in Feed(data, 0).batches(settings, 0):
            cross_entropy(model(images), labels).backward()
    return counter.get_total_flops() / about.num_steps


def _timed(epoch: Callable[[], None], num_member_steps: int) -> Callable[[], float]:
    """Return a turn: milliseconds per member and step, over as many epochs as fill it."""
    epoch()
    took = min(seconds(epoch) for _ in range(3))
    count = math.ceil(LEAST_SECONDS / took)

    def turn() -> float:
        return 1e3 * seconds(lambda: [epoch() for _ in range(count)]) / (count * num_member_steps)

    return turn


def _gigaflops_of_product() -> float:
    """Return what the core reaches at best where nothing but a large product is asked for."""
    matrix = torch.ones(SIDE_OF_PRODUCT, SIDE_OF_PRODUCT)
    took = min(seconds(lambda: matrix @ matrix) for _ in range(5))
    return 2e-9 * SIDE_OF_PRODUCT**3 / took


if __name__ == "__main__":
    main()
