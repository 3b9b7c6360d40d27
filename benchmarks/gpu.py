"""The GPU's whole story in under eight minutes: `python -m benchmarks.gpu`.

Is every executor right; how long does a step take, by executor, precision and number of models
side by side; how far is that from what the device can do; what would the bet of 2023 take; and a
shortened bet, really run. Each part has a time of its own and is written when it ends, so a run
that is cut off leaves what it has; a run repeated replaces part by part.

The folder is $OUT where it is set. No data are needed, no project, no network; besides torch,
torchvision and numpy it takes pydantic, rfc8785, ruamel.yaml, safetensors and jaxtyping.
`--device cpu --quick` runs every part at toy size.
"""

import argparse
import json
import logging
import os
import platform
import subprocess
import time
import traceback
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import torch

from benchmarks.accelerator import correctness, limits, speed, sweep
from benchmarks.accelerator.cases import Place
from cpbench.errors import EnvironmentFault
from cpbench.training.device import describe, settle

log = logging.getLogger(__name__)
ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "reports" / "benchmarks" / "engine"
BUDGET = 450.0
"""Seconds of all parts together."""

Results = dict[str, Any]


class Part(NamedTuple):
    """One part of the story."""

    name: str
    seconds: float
    """What it may take, whatever is left."""
    run: Callable[[Place, Results], Mapping[str, Any]]
    """From the place and the parts before it."""


def _speeds(found: Results) -> dict[str, dict[int, float]]:
    told = found.get("speed", {"cells": []})
    return {name: speed.milliseconds(told, name) for name in ("default", "bf16", "fp32")}


PARTS = (
    Part("correctness", 110, lambda place, _: correctness.run(place)),
    Part("limits", 30, lambda place, _: limits.run(place)),
    Part("speed", 150, lambda place, _: speed.run(place)),
    Part("bet", 40, lambda place, found: sweep.extrapolated(place, _speeds(found))),
    Part(
        "shortened_bet", 300, lambda place, found: sweep.shortened(place, _speeds(found)["default"])
    ),
)


def main() -> None:
    """Run the parts, and write the file anew after each."""
    arguments = _arguments()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    os.environ["CPBENCH_DEVICE"] = arguments.device
    try:
        device = settle()
    except EnvironmentFault as error:
        raise SystemExit(str(error)) from error
    end = time.monotonic() + arguments.budget
    path, made = arguments.folder / "gpu.json", _made(device, is_quick=arguments.quick)
    found = recorded(path, made)
    for part in PARTS:
        if part.name in arguments.parts:
            place = Place(device, arguments.quick, min(time.monotonic() + part.seconds, end))
            found[part.name] = _told(part, place, found)
            log.info("%s: %s", part.name, json.dumps(found[part.name], indent=1))
            record(path, found, made)


def recorded(path: Path, made: Mapping[str, object]) -> Results:
    """Return the parts that are known already.

    Those of another device or other versions do not count: numbers of the two do not go together.
    """
    if not path.exists():
        return {}
    content = json.loads(path.read_text(encoding="utf-8"))
    return content["results"] if content["made"] == made else {}


def record(path: Path, found: Results, made: Mapping[str, object]) -> None:
    """Write what is known, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"made": made, "results": found}
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    partial.replace(path)


def _told(part: Part, place: Place, found: Results) -> Results:
    """Return what a part finds, or how it failed: the next ones may still work."""
    began = time.perf_counter()
    try:
        results = dict(part.run(place, found))
    except Exception:  # noqa: BLE001 - whatever it is, it is recorded and the rest goes on
        results = {"error": traceback.format_exc(limit=-4)}
    return results | {"part_seconds": time.perf_counter() - began}


def _made(device: torch.device, *, is_quick: bool) -> dict[str, object]:
    """Return what the numbers depend on."""
    is_cuda = device.type == "cuda"
    return {
        "device": describe(device),
        "quick": is_quick,
        "commit": _commit(),
        "python": platform.python_version(),
        **{package: version(package) for package in ("torch", "numpy")},
        "cuda": torch.version.cuda if is_cuda else None,
        "cudnn": torch.backends.cudnn.version() if is_cuda else None,
    }


def _commit() -> str | None:
    """Return the commit, if this is a checkout: a copy may have left its history behind."""
    command = ["git", "-C", str(ROOT), "rev-parse", "HEAD"]
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603 - no input of a user
    except (OSError, subprocess.CalledProcessError):
        return None


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    names = [part.name for part in PARTS]
    folder = Path(os.environ.get("OUT", FOLDER))
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--quick", action="store_true", help="toy sizes: does it run at all?")
    parser.add_argument("--budget", type=float, default=BUDGET, help="seconds of all parts")
    parser.add_argument("--parts", nargs="+", choices=names, default=names)
    parser.add_argument("--folder", type=Path, default=folder, help="where gpu.json goes")
    return parser.parse_args()


if __name__ == "__main__":
    main()
