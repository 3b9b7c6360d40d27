"""What the device can do at most, measured in the same run, and the least a step then takes."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.accelerator.cases import Case, Place, the_bet
from cpbench.models import build
from cpbench.streams import generator

ROUNDS = 10
WEIGHT_TOUCHES = 8
"""How often a step reads or writes a weight: forward, twice backward, its gradient, and SGD's three
reads and two writes, one of them in cache."""
ACTIVATION_TOUCHES = 4
"""And an activation: written, read by the next layer, read and written on the way back."""


def run(place: Place) -> dict[str, Any]:
    """Return peaks of products and copies, and per step its operations, bytes and least times."""
    side = 256 if place.is_quick else 8192
    products = {name: _product(place, side, name) for name in ("bf16", "tf32", "fp32")}
    copied = _copied(place, 2**20 if place.is_quick else 2**30)
    step = _step(place, the_bet(place))
    return {
        "tera_operations_per_second": products,
        "copied_gigabytes_per_second": copied,
        "step": step,
        "least_ms": {
            "by_bytes": step["bytes"] / copied / 1e6,
            **{
                f"by_operations_{name}": step["operations"] / peak / 1e9
                for name, peak in products.items()
            },
        },
    }


def _product(place: Place, side: int, precision: str) -> float:
    """Return tera-operations per second of a product of random square matrices."""
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    source = torch.Generator(place.device).manual_seed(1)
    one, other = (
        torch.randn(side, side, generator=source, device=place.device).to(dtype) for _ in range(2)
    )
    backend = torch.backends.cuda.matmul
    before, backend.fp32_precision = (
        backend.fp32_precision,
        "tf32" if precision == "tf32" else "ieee",
    )
    try:
        return 2 * side**3 * ROUNDS / _repeated(place, lambda: one @ other) / 1e12
    finally:
        backend.fp32_precision = before


def _copied(place: Place, size: int) -> float:
    """Return gigabytes read and written per second by a copy on the device."""
    source = torch.ones(size, dtype=torch.uint8, device=place.device)
    target = torch.empty_like(source)
    return 2 * size * ROUNDS / _repeated(place, lambda: target.copy_(source)) / 1e9


def _repeated(place: Place, act: Any) -> float:  # noqa: ANN401 - any function without arguments
    for _ in range(3):
        act()
    return place.seconds(lambda: [act() for _ in range(ROUNDS)])


def _step(place: Place, case: Case) -> dict[str, float]:
    """Return operations and bytes of a step of one model, as the device computes it."""
    model = build(case.root.model, case.root.dataset, generator(1, "init"), place.device)
    size = (case.batch_size, *case.root.dataset.shape)
    images = torch.randn(size, generator=torch.Generator().manual_seed(1)).to(place.device)
    labels = torch.zeros(case.batch_size, dtype=torch.int64, device=place.device)
    activations: list[int] = []
    hooks = [
        each.register_forward_hook(lambda _, __, output: activations.append(_bytes(output)))
        for each in model.modules()
        if not list(each.children())
    ]
    with FlopCounterMode(display=False) as counter:
        cross_entropy(model(images), labels).backward()
    for hook in hooks:
        hook.remove()
    return {
        "operations": counter.get_total_flops(),
        "bytes": WEIGHT_TOUCHES * _weight_bytes(model) + ACTIVATION_TOUCHES * sum(activations),
        "weight_bytes": _weight_bytes(model),
        "activation_bytes": sum(activations),
    }


def _bytes(tensor: Tensor) -> int:
    return tensor.numel() * tensor.element_size()


def _weight_bytes(model: nn.Module) -> int:
    return sum(map(_bytes, model.parameters()))
