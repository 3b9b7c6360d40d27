"""Each executor against `sequential` in strict fp32, on one device, after an epoch of 21 steps."""

from itertools import product
from typing import Any, NamedTuple

import torch
from torch.nn.functional import cross_entropy

from benchmarks.accelerator.cases import (
    EXECUTORS,
    Case,
    Place,
    data_of,
    guarded,
    seat,
    seated,
    small,
)
from cpbench.checkpoint import Checkpoint
from cpbench.models import build, taps
from cpbench.streams import generator

MEMBERS = (0, 1, 2)
PRECISIONS = ("fp32", None, "bf16")


class Trained(NamedTuple):
    """A member after its epoch."""

    state: Checkpoint
    loss: float


class Known(NamedTuple):
    """The reference of one member."""

    start: Checkpoint
    end: Trained


def run(place: Place) -> dict[str, Any]:
    """Return, per case, executor and precision, how far members end from the reference."""
    cells: list[dict[str, Any]] = []
    for case in small(place):
        known = _known(place, case)
        for executor, precision in product(_executors(case), PRECISIONS):
            if place.has_time:
                told = {"model": case.root.model.kind, "executor": executor}
                found = guarded(_compared, place, case, executor, precision, known)
                cells.append(told | {"precision": precision or "default"} | found)
    dead = [guarded(_dead_taps, place, case) for case in small(place)[1:]]
    return {"steps": small(place)[0].num_steps, "cells": cells, "dead_taps": dead}


def _executors(case: Case) -> list[str]:
    return [name for name in EXECUTORS if name != "stacked" or case.root.model.kind == "mlp"]


def _known(place: Place, case: Case) -> list[Known]:
    data = data_of(case, place.device)
    starts = [seat(case, each, data).checkpoint for each in MEMBERS]
    return list(map(Known, starts, _trained(place, case, "sequential", "fp32")))


def _trained(
    place: Place,
    case: Case,
    executor: str,
    precision: str | None,
    members: tuple[int, ...] = MEMBERS,
) -> list[Trained]:
    """Return members after one epoch, side by side where the executor does that."""
    if executor == "sequential" and len(members) > 1:
        return [_trained(place, case, executor, precision, (each,))[0] for each in members]
    width = 1 if executor == "sequential" else len(MEMBERS)
    crew = seated(place, case, executor, members, width=width, precision=precision)
    losses = crew.train(0)
    return [Trained(crew.pack.state(slot), loss) for slot, loss in enumerate(losses)]


def _compared(
    place: Place, case: Case, executor: str, precision: str | None, known: list[Known]
) -> dict[str, Any]:
    mine = _trained(place, case, executor, precision)
    alone, again = (
        _trained(place, case, executor, precision, MEMBERS[:1])[0].state for _ in range(2)
    )
    pairs = list(zip(mine, known, strict=True))
    return {
        "over_weights": max(
            _distance(one.state, it.end.state) / _flat(it.end.state).norm().item()
            for one, it in pairs
        ),
        "over_path": max(
            _distance(one.state, it.end.state) / _distance(it.end.state, it.start)
            for one, it in pairs
        ),
        "losses": max(abs(one.loss / it.end.loss - 1) for one, it in pairs),
        "same_bits_alone": _is_same(alone, mine[0].state),
        "same_bits_again": _is_same(alone, again),
    }


def _distance(one: Checkpoint, other: Checkpoint) -> float:
    return (_flat(one) - _flat(other)).norm().item()


def _flat(state: Checkpoint) -> torch.Tensor:
    """Return weights and running statistics as one vector; counts of batches are no numbers."""
    kept = (value for value in state.model.values() if value.is_floating_point())
    return torch.cat([value.double().flatten() for value in kept])


def _is_same(one: Checkpoint, other: Checkpoint) -> bool:
    return all(torch.equal(one.model[name], value) for name, value in other.model.items())


def _dead_taps(place: Place, case: Case) -> dict[str, Any]:
    """Return how far gradients in float64 move where dead taps are left out, over their size."""
    model = build(case.root.model, case.root.dataset, generator(1, "init"), place.device)
    model = taps.skip_dead_taps(model).double().eval()
    height = case.root.dataset.shape[1] // (2 if place.is_quick else 1)
    size = (8, case.root.dataset.shape[0], height, height)
    images = torch.randn(size, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    shape = (size[1], height, height)
    whole, live = (
        _gradients(model, images.to(place.device), each) for each in ("", place.device.type)
    )
    return {
        "model": case.root.model.kind,
        "live_parameters": taps.live_parameters(model, shape),
        "parameters": sum(each.numel() for each in model.parameters()),
        "gradients": ((live - whole).norm() / whole.norm()).item(),
    }


def _gradients(model: torch.nn.Module, images: torch.Tensor, where: str) -> torch.Tensor:
    before, taps.SKIPPING = taps.SKIPPING, frozenset({where})
    try:
        labels = torch.arange(len(images), device=images.device)
        loss = cross_entropy(model(images), labels)
        return torch.cat(
            [each.flatten() for each in torch.autograd.grad(loss, list(model.parameters()))]
        )
    finally:
        taps.SKIPPING = before
