"""Where benchmarks leave their numbers, and what is said of the machine beside them."""

import datetime as dt
import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "reports" / "benchmarks"


def write(name: str, results: Mapping[str, object], folder: Path) -> Path:
    """Write results beside versions, commit and date, and return the file.

    Args:
        name: Of the benchmark; the file is `<name>.json`.
        results: What JSON can hold; finite numbers only.
        folder: Where; the committed ones lie below `FOLDER`.

    Raises:
        ValueError: A number is not finite.
    """
    content = {"results": results, "made": _origin()}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    text = json.dumps(content, indent=2, sort_keys=True, allow_nan=False, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
    return path


def _origin() -> dict[str, object]:
    """Return what the numbers, and the times most of all, may depend on."""
    return {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "commit": _git("rev-parse", "HEAD"),
        "is_clean": not _git("status", "--porcelain", "--", "cpbench", "benchmarks"),
        "python": platform.python_version(),
        **{package: version(package) for package in ("numpy", "torch")},
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "threads": _threads(),
    }


def _threads() -> int:
    """Return how many threads computed: the judge's numpy obeys the environment, torch its own."""
    if torch := sys.modules.get("torch"):
        return torch.get_num_threads()
    return int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1))


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(ROOT), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603 - no shell, no input of a user
