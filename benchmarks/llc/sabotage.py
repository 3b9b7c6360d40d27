"""Runs that must not end well: none may return `ok` with a λ̂ more than 20 % off.

`.venv/bin/python -m benchmarks.llc.sabotage`; a quarter of an hour on one core.
"""

import copy
import logging
import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from benchmarks.llc.bases import SEED, Base, Right, constant, dense_net, linear_nets
from benchmarks.llc.mlp import EPOCHS, net
from benchmarks.llc.nets import Examples, trained
from benchmarks.llc.place import write
from benchmarks.llc.tampering import Detached, Mirror, Noise
from cpbench.measurements.llc.reading import Conditions, LLCReading

log = logging.getLogger(__name__)

MAX_ERROR = 0.2
DISPLACEMENTS = (0.01, 0.03, 0.1)


class Case(NamedTuple):
    """One run that is sabotaged, or a control."""

    name: str
    read: Callable[[], LLCReading]
    right: Right


def main() -> None:
    """Run the benchmark and write `sabotage.json`."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.set_num_threads(1)
    controls: list[dict[str, object]] = []
    lines: list[dict[str, object]] = []
    for base in (*linear_nets(), dense_net()):
        plain = base.read()
        controls.append(
            line(Case(f"{base.name}, untouched", lambda plain=plain: plain, base.right))
        )
        cases = (*settings(base, plain.conditions.step_size), *weights(base))
        if base.loss == "cross_entropy":
            cases = (*cases, *data(base), *modules(base))
        lines += [line(case) for case in cases]
    silent = [each["name"] for each in lines if each["is_silent_error"]]
    log.info("%d runs, silent errors: %s", len(lines), silent or "none")
    write("sabotage", {"runs": lines, "controls": controls, "silent_errors": silent})


def line(case: Case) -> dict[str, object]:
    """Return what came of a run."""
    reading = case.read()
    right = case.right(reading.conditions)
    error = None if right is None or reading.llc is None else reading.llc / right - 1
    is_wrong = error is None or abs(error) > MAX_ERROR
    found: dict[str, object] = {
        "name": case.name,
        "status": reading.status,
        "llc": reading.llc,
        "right": right,
        "error": error,
        "is_silent_error": reading.status == "ok" and is_wrong,
    }
    log.info("%s", found)
    return found


def settings(base: Base, epsilon: float) -> Iterator[Case]:
    """Yield runs whose settings do not suit the model; ε is the one that does."""
    changes: dict[str, dict[str, Any]] = {
        "step 30 times too large": {"step_size": 30 * epsilon},
        "step 10 times too large": {"step_size": 10 * epsilon},
        "step 3 times too large": {"step_size": 3 * epsilon},
        "step 1000 times too small": {"step_size": epsilon / 1000},
        "burn-in of one step": {"num_burnin_steps": 1},
        "20 draws": {"num_draws": 20, "max_draws": 20},
        "two chains, 20 draws, no burn-in": {
            "num_chains": 2, "num_burnin_steps": 1, "num_draws": 20, "max_draws": 20
        },
        "batches of 8": {"batch_size": 8},
    }  # fmt: skip
    for name, each in changes.items():
        yield Case(f"{base.name}, {name}", partial(base.read, **each), base.right)
    weak = partial(base.read, localization=1e-3, step_size=epsilon)
    yield Case(f"{base.name}, γ = 0.001", weak, partial(_with_twice_the_steps, weak))


def _with_twice_the_steps(read: Callable[..., LLCReading], _: Conditions) -> float | None:
    """Return as right what a longer run finds: λ̂ must not count steps."""
    return read(num_burnin_steps=1200, num_draws=1200).llc


def weights(base: Base) -> Iterator[Case]:
    """Yield runs around weights that are no minimum, or no numbers."""
    for size in DISPLACEMENTS:
        moved = _changed(base.model, _displacing(size))
        yield Case(f"{base.name}, w* displaced by {size}", partial(base.read, moved), base.right)
    for value in (math.nan, math.inf):
        broken = _changed(base.model, lambda weight, value=value: weight[:1].fill_(value))
        yield Case(f"{base.name}, a weight is {value}", partial(base.read, broken), base.right)


def data(base: Base) -> Iterator[Case]:
    """Yield runs on other data or another loss than the model was trained on."""
    inputs, labels = base.examples
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(SEED))
    partly = torch.where(order < len(order) // 10, labels[order], labels)
    broken = inputs.clone()
    broken[7, 3] = math.nan
    others = {
        "shuffled labels": {"examples": Examples(inputs, labels[order])},
        "a tenth of the labels shuffled": {"examples": Examples(inputs, partly)},
        "an input is nan": {"examples": Examples(broken, labels)},
        "squared error for cross-entropy": {
            "examples": Examples(inputs, one_hot(labels).float()), "loss": "squared_error"
        },
    }  # fmt: skip
    for name, changes in others.items():
        yield Case(f"{base.name}, {name}", partial(base.read, **changes), base.right)


def modules(base: Base) -> Iterator[Case]:
    """Yield runs of models that are random, or in training mode."""
    random = {
        "noise of 0.001 in the inputs": Noise(1e-3),
        "noise of 0.1 in the inputs": Noise(0.1),
        "inputs mirrored in half of all calls": Mirror(0.5),
        "inputs mirrored in one call of 20": Mirror(0.05),
    }
    for name, layer in random.items():
        noisy = nn.Sequential(layer, base.model)
        yield Case(f"{base.name}, {name}", partial(base.read, noisy), constant(None))
    first, *rest = cast("nn.Sequential", base.model)
    cut = nn.Sequential(first, Detached(), *rest)
    yield Case(f"{base.name}, a layer without gradient", partial(base.read, cut), base.right)
    fresh = trained(net(), base.examples, (1,), SEED)[0]
    yield Case(f"{base.name}, after one epoch", partial(base.read, fresh), constant(None))
    norm = nn.Sequential(nn.Unflatten(1, (1, 8, 8)), nn.BatchNorm2d(1), nn.Flatten())
    for name, layer in {"batch norm": norm, "dropout": nn.Dropout(0.1)}.items():
        model = trained(nn.Sequential(layer, net()), base.examples, EPOCHS[-1:], SEED)[0]
        at_rest = base.read(copy.deepcopy(model).eval()).llc
        yield Case(
            f"{base.name}, {name} in training mode",
            partial(_untouched, base, model.train()),
            constant(at_rest),
        )


def _untouched(base: Base, model: nn.Module) -> LLCReading:
    """Return a reading, having checked that the model is what it was, to the last bit."""
    before = copy.deepcopy(model.state_dict())
    reading = base.read(model)
    after = model.state_dict()
    if not model.training or any(not torch.equal(before[name], after[name]) for name in before):
        raise AssertionError("the caller's model was changed")
    return reading


def _changed(model: nn.Module, change: Callable[[Tensor], object]) -> nn.Module:
    changed = copy.deepcopy(model)
    with torch.no_grad():
        for weight in changed.parameters():
            change(weight)
    return changed


def _displacing(size: float) -> Callable[[Tensor], object]:
    generator = torch.Generator().manual_seed(SEED)
    return lambda weight: weight.add_(size * torch.randn(weight.shape, generator=generator))


if __name__ == "__main__":
    main()
