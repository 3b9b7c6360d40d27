"""Precision: the arithmetic a protocol declares, put in force around its steps.

Without a declaration torch's own settings hold: single precision, and on CUDA convolutions whose
factors are rounded to TF32, which is how published protocols of the last years were run.

Source: Micikevicius et al. (2018), §3.1, for master weights in single precision.
"""

from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch

from cpbench.specs.training import Precision

# Named as since torch 2.9: to mix these with the older `allow_tf32` is an error there.
_backends: Any = torch.backends
_PLACES = (_backends.cudnn.conv, _backends.cuda.matmul)


def casting(precision: Precision | None, device_type: str) -> AbstractContextManager[object]:
    """Return what a forward pass and its loss run under; it can be entered again and again.

    The backward pass runs outside, in the types that the forward pass chose.
    """
    if precision != "bf16":
        return nullcontext()
    # No cache: within one step a weight is cast once, and a cast kept longer would be stale.
    return torch.autocast(device_type, dtype=torch.bfloat16, cache_enabled=False)


@contextmanager
def rounding(precision: Precision | None) -> Generator[None]:
    """Switch TF32 off where `fp32` is declared, for forward and backward passes alike.

    Yields:
        Nothing; afterwards the settings are what they were.
    """
    if precision != "fp32":
        yield
        return
    before = [place.fp32_precision for place in _PLACES]
    try:
        for place in _PLACES:
            place.fp32_precision = "ieee"
        yield
    finally:
        for place, kept in zip(_PLACES, before, strict=True):
            place.fp32_precision = kept


def be_faithful() -> None:
    """Put torch's defaults in force, whatever the environment says: TF32 in convolutions only."""
    convolutions, products = _PLACES
    convolutions.fp32_precision, products.fp32_precision = "tf32", "ieee"
