"""Which executor trains a model on a device: a pure function, so that a plan can say it.

`auto` asks no clock and no device. What a probe measures (`cpbench tune`) may choose only how many
members an executor takes at once where that moves no bit.
"""

import os
from collections.abc import Mapping
from typing import NamedTuple, TypeGuard, get_args

from cpbench.errors import EnvironmentFault
from cpbench.plan.forest import Root
from cpbench.specs.datasets import Dataset
from cpbench.specs.engine import Engine, Executor
from cpbench.specs.models import AllCnn, Model, SmallResnet
from cpbench.specs.validating import one_of

EXECUTORS: tuple[Executor, ...] = get_args(Executor)
DENSE = frozenset({"mlp", "deep_linear"})
"""Models that are matrix products from end to end: their members stack into batched products."""

STACKED_WIDTH = {"cpu": 8, "cuda": 64}
"""Members of a stack. On a CPU eight hide the cost of a call and still fit the cache, measured in
`benchmarks/engine/stacking.py`; the number on CUDA is a guess until somebody measures it."""
VMAPPED_WIDTH = 8
"""Members of a program of torch.func; its bits depend on it."""
VMAPPED_MOST = 2**13
"""Products per tap and example in a convolution of the first stage, width² times pixels, up to
which members share calls on a CPU. Measured with eight members of `all_cnn` and `small_resnet` on
one core, batches of 20 to 128: a member's step is 1.4 to 2.7 times as fast up to 2¹², 1.2 to 1.4 at
1.5·2¹³, 0.8 to 1.9 at 2¹⁴, 0.6 to 1.0 at 2¹⁶. Empty slots cost as much as full ones."""
GRAPHED_WIDTH = 4
"""Branches of one CUDA graph where nobody has run `cpbench tune`; no bit depends on it."""


class Choice(NamedTuple):
    """An executor, how many members it trains side by side, and why."""

    executor: Executor
    width: int
    why: str


def choose(
    root: Root,
    device_type: str,
    *,
    asked: str | None = None,
    tuned: Mapping[str, int] | None = None,
) -> Choice:
    """Return the executor of one model on one type of device.

    Args:
        root: Model and dataset.
        device_type: `cpu` or `cuda`.
        asked: What the environment or the protocol asks for; `auto` or none leaves it to us.
        tuned: Branches of a graph by model kind, as `cpbench tune` measured them.

    Raises:
        EnvironmentFault: The executor asked for does not exist or cannot train this model.
    """
    kind = root.model.kind
    if asked is not None and asked != "auto":
        return _as_asked(asked, root, device_type, tuned or {})
    if kind in DENSE:
        return _stacked(device_type, f"{kind} is matrix products: members stack into one program")
    if device_type == "cuda":
        return _graphed(kind, tuned or {}, f"{kind} leaves a GPU idle: several share one graph")
    if _vmaps(root.model) and _is_tiny(root.model, root.dataset):
        return _vmapped(f"{kind} on few pixels leaves a core waiting: several share each call")
    return Choice("sequential", 1, f"{kind} fills a core; one process per core is fastest")


def asked_executor(engine: Engine | None = None) -> str | None:
    """Return what the environment variable CPBENCH_EXECUTOR asks for, or else the protocol."""
    return os.environ.get("CPBENCH_EXECUTOR") or (engine.executor if engine is not None else None)


def _as_asked(asked: str, root: Root, device_type: str, tuned: Mapping[str, int]) -> Choice:
    why = "it is asked for, by CPBENCH_EXECUTOR or the protocol's engine"
    kind = root.model.kind
    if asked == "sequential":
        return Choice("sequential", 1, why)
    if asked == "stacked" and kind in DENSE:
        return _stacked(device_type, why)
    if asked == "graphed":
        return _graphed(kind, tuned, why)
    if asked == "vmapped" and _vmaps(root.model):
        return _vmapped(why)
    if asked == "stacked":
        raise EnvironmentFault(
            f"executor stacked: cannot stack {kind}; it stacks {', '.join(sorted(DENSE))}"
        )
    if asked == "vmapped":
        raise EnvironmentFault(
            f"executor vmapped: cannot map over this {kind}; it takes all_cnn and small_resnet "
            f"whose width is a power of two"
        )
    raise EnvironmentFault(f"CPBENCH_EXECUTOR={asked}: executor {one_of(asked, EXECUTORS)}")


def _stacked(device_type: str, why: str) -> Choice:
    return Choice("stacked", STACKED_WIDTH.get(device_type, STACKED_WIDTH["cpu"]), why)


def _vmaps(model: Model) -> TypeGuard[AllCnn | SmallResnet]:
    """Return whether a member of a program of torch.func gets the same bits in every slot.

    Torch sums over examples in blocks of so many channels, and what is left over in another order.
    Eight members whose channels are a power of two are whole blocks, whatever power a block is.
    """
    return isinstance(model, AllCnn | SmallResnet) and model.width.bit_count() == 1


def _is_tiny(model: AllCnn | SmallResnet, dataset: Dataset) -> bool:
    _, height, width = dataset.shape
    return model.width**2 * height * width <= VMAPPED_MOST


def _vmapped(why: str) -> Choice:
    return Choice("vmapped", VMAPPED_WIDTH, why)


def _graphed(kind: str, tuned: Mapping[str, int], why: str) -> Choice:
    return Choice("graphed", tuned.get(kind, GRAPHED_WIDTH), why)
