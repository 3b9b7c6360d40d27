"""Does the memory of training grow with the number of runs? 10, 100 and 1,000 runs; two nets.

`.venv/bin/python -m benchmarks.engine.memory`; about three minutes. Every number is the peak
resident size of the largest process of a train stage of its own, as the system reports it when the
stage ends; there are three, the stage and its two workers. Runs are made by more seeds, each with
its own split of the digits.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.engine.place import log, parser
from benchmarks.engine.workplaces import accuracy_only, add_study, command, environment
from benchmarks.results import write
from cpbench.project import Project

STUDY = "blur_digits"
WORKERS = 2


class Case(NamedTuple):
    """A net and how it is trained."""

    widths: tuple[int, ...]
    executor: str
    numbers: tuple[int, ...]
    """Of runs."""

    @property
    def name(self) -> str:
        """As the tables call it."""
        net = "-".join(map(str, (64, *self.widths, 10)))
        return f"MLP {net}, {self.executor}"


CASES = (
    Case((128, 128), "sequential", (10, 100, 1000)),
    Case((128, 128), "stacked", (10, 100, 1000)),
    Case((512, 512), "sequential", (10, 100)),
    Case((512, 512), "stacked", (10, 100)),
)


def main() -> None:
    """Run the benchmark and write `memory.json`."""
    arguments = parser(__doc__, rounds=1).parse_args()
    tiny = [case._replace(numbers=(10, 20)) for case in CASES[:2]]
    lines = [measured(case) for case in (tiny if arguments.tiny else CASES)]
    write("memory", {"workers": WORKERS, "lines": lines}, folder=arguments.folder)


def measured(case: Case) -> dict[str, object]:
    """Return the peak of each number of runs, and what the most runs need over the fewest."""
    peaks = {str(number): peak_megabytes(case, number) for number in case.numbers}
    first, last = peaks[str(case.numbers[0])], peaks[str(case.numbers[-1])]
    line = {
        "name": case.name,
        "megabytes_by_runs": peaks,
        "most_over_fewest": round(last / first, 3),
        "most_less_fewest": round(last - first, 1),
    }
    log.info("%s", line)
    return line


def peak_megabytes(case: Case, number: int) -> float:
    """Return the peak memory of training so many runs from nothing."""

    def change(content: dict[str, Any]) -> None:
        accuracy_only(content)
        protocol = content["protocol"]
        protocol["model"]["widths"] = list(case.widths)
        protocol["arms"] = {}
        protocol["sweep"] = {"removal": [2]}
        protocol["phases"][1]["for"] = 2
        protocol["controls"] = []

    folder = Path(tempfile.mkdtemp())
    try:
        project = Project(folder)
        compiled = add_study(project, STUDY, num_seeds=number, change=change)
        if len(compiled.plan.runs) != number:
            raise AssertionError(f"{len(compiled.plan.runs)} runs instead of {number}")
        return _peak_of(project, case)
    finally:
        shutil.rmtree(folder)


def _peak_of(project: Project, case: Case) -> float:
    """Return the peak of a train stage in MB: the largest of it and of its own processes."""
    stage = subprocess.Popen(  # noqa: S603 - our own command
        command("train", STUDY),
        cwd=project.root,
        env=environment(case.executor, WORKERS),
        stdout=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(stage.pid, 0)
    stage.returncode = os.waitstatus_to_exitcode(status)
    if stage.returncode:
        raise AssertionError(f"{case.name}: the stage left {stage.returncode}")
    return round(usage.ru_maxrss / 1024, 1)  # Linux counts kilobytes


if __name__ == "__main__":
    main()
