"""λ̂ of a module in a notebook: what is asked for is checked before anything runs."""

import copy
from typing import Any

import torch
from torch import Tensor, nn

from cpbench.errors import UsageError
from cpbench.measurements.llc.backends import LossFunction
from cpbench.measurements.llc.estimation import estimate
from cpbench.measurements.llc.losses import LOSSES
from cpbench.measurements.llc.reading import LLCReading
from cpbench.measurements.llc.settings import Settings
from cpbench.measurements.llc.surface import Point
from cpbench.seeds import derive_seed

CHUNK = 512
"""Examples the model is tried on at once."""


def reading(
    model: nn.Module,
    inputs: Tensor,
    targets: Tensor,
    loss: str | LossFunction,
    seed: int,
    **settings: Any,  # noqa: ANN401 - `Settings` checks each
) -> LLCReading:
    """Return λ̂ of a model; see `cpbench.llc`.

    Raises:
        UsageError: Model, inputs, targets and loss do not fit together, or a setting is wrong.
    """
    problems = _problems(model, inputs, targets)
    function = LOSSES.get(loss) if isinstance(loss, str) else loss
    if function is None or not callable(function):
        problems.append(f"loss: {loss!r} is neither a function nor one of {', '.join(LOSSES)}")
    if not isinstance(seed, int):  # pyright: ignore[reportUnnecessaryIsInstance]
        problems.append(f"seed: must be a whole number, not {seed!r}")
    chosen = None
    try:
        chosen = Settings(**settings)
    except UsageError as error:
        problems.append(str(error))
    if problems or function is None or chosen is None:
        raise UsageError("llc: " + "; ".join(problems))
    _try_out(model, inputs, targets, function)
    seeds = derive_seed(seed, "chain"), derive_seed(seed, "chain", 1)
    point = Point(model, inputs, targets)
    try:
        return estimate([point], chosen, seeds=seeds[:1], batch_seed=seeds[1], loss=function)[0]
    except RuntimeError as error:
        if "vmap" not in str(error) and "atching rule" not in str(error):
            raise
        raise UsageError(
            f"llc: this model cannot be batched: {error}; pass backend='loop'"
        ) from error


def _problems(model: nn.Module, inputs: Tensor, targets: Tensor) -> list[str]:
    """Return what is wrong with the arguments, each with what to do."""
    if not isinstance(model, nn.Module):  # pyright: ignore[reportUnnecessaryIsInstance]
        return ["model: must be a torch.nn.Module"]
    problems = [
        f"{name}: must be a tensor"
        for name, value in {"inputs": inputs, "targets": targets}.items()
        if not isinstance(value, Tensor)  # pyright: ignore[reportUnnecessaryIsInstance]
    ]
    weights = list(model.parameters())
    if not weights:
        problems.append("model: has no parameters")
    if problems:
        return problems
    if not inputs.ndim or not targets.ndim:
        return ["inputs and targets: must have examples as their first dimension"]
    if len(inputs) != len(targets) or not len(inputs):
        problems.append(
            f"inputs and targets: {len(inputs)} and {len(targets)} examples; give equally many"
        )
    devices = {each.device for each in (*weights, inputs, targets)}
    if len(devices) > 1:
        problems.append(f"devices differ ({', '.join(sorted(map(str, devices)))}): move all to one")
    types = {each.dtype for each in weights}
    if len(types) > 1 or not types <= {torch.float32, torch.float64}:
        problems.append(f"weights are {', '.join(sorted(map(str, types)))}: call model.float()")
    return problems


def _try_out(model: nn.Module, inputs: Tensor, targets: Tensor, loss: LossFunction) -> None:
    """Check that model and loss run on every example.

    Raises:
        UsageError: They do not.
    """
    copied = copy.deepcopy(model).eval()
    for first in range(0, len(inputs), CHUNK):
        some = slice(first, first + CHUNK)
        try:
            with torch.no_grad():
                value: Any = loss(copied(inputs[some]), targets[some])
        except Exception as error:
            what = f"{type(error).__name__}: {error}"
            raise UsageError(
                f"llc: model or loss fails on examples from {first} on: {what}"
            ) from error
        if not isinstance(value, Tensor) or value.ndim > 1:
            raise UsageError("llc: loss must return a mean, or one number per example")
