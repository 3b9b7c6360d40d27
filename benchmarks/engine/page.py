"""Write `reports/benchmarks.md` from the JSON files: `python -m benchmarks.engine.page`.

What was not measured is said to be so. No torch, no clock: the same files give the same page.
"""

import argparse
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from benchmarks.engine import sections
from benchmarks.engine.sections import Results
from benchmarks.results import FOLDER, ROOT
from cpbench.records.files import write_text
from cpbench.report.markdown import page

ABOUT = """\
# Benchmarks of the engine

Every ratio is of runs that took turns in one run on one machine: the median of its rounds and, in
brackets, the least and the greatest. What is compared is described in
[`benchmarks/engine/`](../benchmarks/engine/README.md); raw numbers with versions and commit are in
`reports/benchmarks/engine/`. `python -m benchmarks.engine.page` writes this page."""
SECTIONS: Mapping[str, tuple[str, Callable[[Results], Iterator[str]]]] = {
    "study": ("The default study against a plain loop", sections.study),
    "twenty": ("Twice the seeds in the time of once", sections.twenty),
    "images": ("ResNets on 32×32 images", sections.images),
    "stacking": ("The time of a step", sections.stacking),
    "equivalence": ("A stack is the same science", sections.equivalence),
    "memory": ("Memory of training", sections.memory),
    "planning": ("Planning", sections.planning),
}
NO_GPU = (
    "Not measured: no accelerator was at hand. `python -m benchmarks.gpu` tells the whole story."
)


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER / "engine", help="where the JSON is")
    parser.add_argument("--out", type=Path, default=ROOT / "reports" / "benchmarks.md")
    arguments = parser.parse_args()
    write_text(arguments.out, text_of(arguments.folder))


def text_of(folder: Path) -> str:
    """Return the page of a folder's results."""
    parts = [part for name in SECTIONS for part in _section(name, folder)]
    gpu = "In `gpu.json`." if (folder / "gpu.json").exists() else NO_GPU
    return page([ABOUT, *parts, "## On an accelerator", gpu])


def _section(name: str, folder: Path) -> Iterator[str]:
    title, body = SECTIONS[name]
    path = folder / f"{name}.json"
    yield f"## {title}"
    if not path.exists():
        yield f"Not measured: `python -m benchmarks.engine.{name}` does."
        return
    content = json.loads(path.read_text(encoding="utf-8"))
    yield from body(content["results"])
    yield f"<sub>{_origin(content['made'])}</sub>"


def _origin(made: Results) -> str:
    state = "" if made["is_clean"] else " with changes"
    return (
        f"{made['date']}, commit {made['commit'][:8]}{state}, torch {made['torch']}, "
        f"{made['machine']}, {made['cores']} cores"
    )


if __name__ == "__main__":
    main()
