"""λ̂ with automatic settings on random deep linear nets, against Gibbs sampling.

`.venv/bin/python -m benchmarks.llc.deep_linear --models tune|held_out [--localization 1]`; six to
ten minutes on one core. Rules and thresholds were chosen on the models of `tune`. Those of
`held_out` are for reporting: change no rule after looking at them, or draw others.
"""

import argparse
import logging
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from benchmarks.llc.linear_nets import NUM_EXAMPLES, Net, problem, random_nets
from benchmarks.llc.place import FOLDER, write
from cpbench.api import llc
from cpbench.measurements.llc.reading import LLCReading
from cpbench.measurements.truth import Array, GibbsReading

log = logging.getLogger(__name__)

TUNE_SEED = 3101
HELD_OUT_SEED = 7477
NUM_MODELS = 40
NOISES = (0.0, 1.0)
NBETAS = (100.0, None)
"""None for n / ln n."""
CLOSE = 0.1
"""Relative error up to which a flag is needless."""
WRONG = (0.1, 0.2)
"""Relative errors above which an `ok` is a silent error."""


class Case(NamedTuple):
    """One reading that is asked for."""

    net: Net
    noise: float
    """σ."""
    nbeta: float | None


def main() -> None:
    """Run the benchmark and write its numbers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", choices=("tune", "held_out"), required=True)
    parser.add_argument("--count", type=int, default=NUM_MODELS)
    parser.add_argument("--localization", type=float, help="γ; by default the automatic one")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.set_num_threads(1)
    seed = {"tune": TUNE_SEED, "held_out": HELD_OUT_SEED}[arguments.models]
    lines = [
        measure(case, arguments.localization) for case in cases(random_nets(seed, arguments.count))
    ]
    name = "deep_linear" if arguments.models == "held_out" else "deep_linear_tune"
    if arguments.localization is not None:
        name += f"_localization_{arguments.localization:g}"
    summary = summarise(lines)
    log.info("%s", summary)
    content = {"seed": seed, "num_examples": NUM_EXAMPLES, "summary": summary, "readings": lines}
    write(name, content, folder=arguments.folder)


def cases(models: Sequence[Net]) -> Iterator[Case]:
    """Return what is read of each model."""
    return (Case(net, noise, nbeta) for net in models for noise in NOISES for nbeta in NBETAS)


def measure(case: Case, localization: float | None) -> dict[str, object]:
    """Return λ̂ beside the truth at the same nβ and γ."""
    made = problem(case.net, case.noise)
    began = time.monotonic()
    reading = llc(
        made.model,
        made.inputs,
        made.targets,
        "squared_error",
        nbeta=case.nbeta,
        localization=localization,
        seed=case.net.seed,
    )
    seconds = time.monotonic() - began
    exact = made.exact(reading.conditions.nbeta, reading.conditions.localization)
    log.info("%s σ=%g: exact %.3f, %s, %.1f s", case.net, case.noise, exact.llc, reading, seconds)
    return _line(case, reading, exact) | {"seconds": seconds}


def _line(case: Case, reading: LLCReading, exact: GibbsReading) -> dict[str, object]:
    line: dict[str, object] = {
        "widths": case.net.widths,
        "rank": case.net.rank,
        "noise": case.noise,
        "nbeta": reading.conditions.nbeta,
        "localization": reading.conditions.localization,
        "step_size": reading.conditions.step_size,
        "num_draws": reading.conditions.num_draws,
        "num_burnin_steps": reading.conditions.num_burnin_steps,
        "exact": exact.llc,
        "exact_se": exact.se,
        "status": reading.status,
    }
    if reading.llc is None or reading.raw is None or reading.interval is None:
        return line
    low, high = reading.interval
    return line | {
        "llc": reading.llc,
        "raw": reading.raw,
        "bias": reading.bias,
        "se": reading.se,
        "low": low,
        "high": high,
        "error": reading.llc / exact.llc - 1,
        "raw_error": reading.raw / exact.llc - 1,
        "is_within": low <= exact.llc <= high,
        "diagnostics": reading.diagnostics and reading.diagnostics._asdict(),
    }


def summarise(lines: Sequence[dict[str, object]]) -> dict[str, object]:
    """Return what the readings come to; shares are of all readings that have a number."""
    numbered = [line for line in lines if "error" in line]
    error, raw = (np.abs(_column(numbered, key)) for key in ("error", "raw_error"))
    is_ok = np.array([line["status"] == "ok" for line in numbered])
    return {
        "num_readings": len(lines),
        "num_failed": len(lines) - len(numbered),
        "median_error": float(np.median(error)),
        "p90_error": float(np.quantile(error, 0.9)),
        "max_error": float(error.max()),
        "median_raw_error": float(np.median(raw)),
        "p90_raw_error": float(np.quantile(raw, 0.9)),
        "coverage": float(_column(numbered, "is_within").mean()),
        "num_flagged": int((~is_ok).sum()),
        "num_flagged_needlessly": int((~is_ok & (error <= CLOSE)).sum()),
        "num_silent": {
            f"over {limit:.0%}": int((is_ok & (error > limit)).sum()) for limit in WRONG
        },
        "median_seconds": float(np.median(_column(lines, "seconds"))),
    }


def _column(lines: Sequence[dict[str, object]], key: str) -> Array:
    return np.array([line[key] for line in lines], dtype=np.float64)


if __name__ == "__main__":
    main()
