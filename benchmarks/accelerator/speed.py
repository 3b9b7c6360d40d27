"""Milliseconds per step of one model, by executor, precision and how many train side by side."""

import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch

from benchmarks.accelerator.cases import (
    Case,
    Place,
    data_of,
    guarded,
    seat,
    seated,
    settings,
    the_bet,
)
from cpbench.models import taps
from cpbench.training.feed import Feed

WIDTHS = (1, 2, 4, 8, 16)
QUICK_WIDTHS = (1, 2)
ROUNDS, QUICK_ROUNDS = 3, 1


class Asked(NamedTuple):
    """One cell of the table."""

    executor: str
    width: int
    precision: str | None
    skips: bool = True
    """Whether dead taps are left out."""


def run(place: Place) -> dict[str, Any]:
    """Return the table; the first cells are those that the rest is judged by."""
    case = the_bet(place)
    cells: list[dict[str, Any]] = []
    for asked in _asked(place):
        if place.has_time:
            told = asked._asdict() | {"precision": asked.precision or "default"}
            cells.append(told | guarded(_measured, place, case, asked))
    return {
        "model": case.root.model.kind,
        "batch_size": case.batch_size,
        "steps_per_epoch": case.num_steps,
        "feed_ms": guarded(_feeding, place, case),
        "cells": cells,
    }


def milliseconds(told: dict[str, Any], precision: str) -> dict[int, float]:
    """Return what `run` found for graphs in one precision: width to milliseconds per model-step."""
    return {
        cell["width"]: cell["ms"]
        for cell in told["cells"]
        if cell["executor"] == "graphed"
        and cell["precision"] == precision
        and cell["skips"]
        and "ms" in cell
    }


def _asked(place: Place) -> Iterator[Asked]:
    widths = QUICK_WIDTHS if place.is_quick else WIDTHS
    yield Asked("sequential", 1, None)
    for precision in (None, "bf16", "fp32"):
        for width in widths:
            yield Asked("graphed", width, precision)
    for width in (1, widths[-2]):
        yield Asked("graphed", width, None, skips=False)
    yield Asked("sequential", 1, "bf16")
    yield Asked("sequential", 1, "fp32")


def _measured(place: Place, case: Case, asked: Asked) -> dict[str, Any]:
    if place.device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(place.device)
    with skipping(asked.skips):
        crew = seated(place, case, asked.executor, range(asked.width), precision=asked.precision)
        first = place.seconds(lambda: crew.train(0))  # a graph is captured in it
        later = [place.seconds(lambda: crew.train(each)) for each in _epochs(place)]  # noqa: B023 - called at once
    steps = asked.width * case.num_steps
    return {
        "ms": 1e3 * statistics.median(later) / steps,
        "spread": max(later) / min(later),
        "first_epoch_seconds": first,
        "peak_mb": _peak(place),
    }


def _epochs(place: Place) -> range:
    """Return the epochs that are timed, after the first."""
    return range(1, 1 + (QUICK_ROUNDS if place.is_quick else ROUNDS))


@contextmanager
def skipping(asked: bool) -> Iterator[None]:  # noqa: FBT001 - a column of the table
    """Leave dead taps out where the device would, or nowhere."""
    before = taps.SKIPPING
    taps.SKIPPING = before if asked else frozenset[str]()
    try:
        yield
    finally:
        taps.SKIPPING = before


def _feeding(place: Place, case: Case) -> dict[str, Any]:
    """Return what it takes to crop, flip, blur and normalise the images of a step."""
    data = data_of(case, place.device)
    feed, each = Feed(data, seat(case, 0, data).seed), settings(case)
    took = [
        place.seconds(lambda: list(feed.batches(each, epoch)))  # noqa: B023 - called at once
        for epoch in (0, *_epochs(place))
    ]
    return {"ms": 1e3 * statistics.median(took[1:]) / case.num_steps}


def _peak(place: Place) -> float | None:
    if place.device.type != "cuda":
        return None
    return torch.cuda.max_memory_allocated(place.device) / 2**20
