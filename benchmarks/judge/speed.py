"""How long `cpbench score` takes: the committed register, and a hundred predictions.

`.venv/bin/python -m benchmarks.judge.speed`; half a minute.
"""

import logging
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path

from benchmarks.judge.place import ROOT, write
from cpbench.claims.predictions import load_prediction
from cpbench.ledger import append, payload_of
from cpbench.project import Project
from cpbench.records.plans import read_plan
from cpbench.scoring import score

log = logging.getLogger(__name__)

NUM_PREDICTIONS = 100
CLAIMS = (
    'type: binary\n    claim: "end(blur_digits.b25) > end(blur_digits.b50)"',
    'type: binary\n    claim: "half(blur_digits.b25) * 2 < half(blur_digits.b100)"',
    'type: binary\n    claim: "damage(blur_digits.b50, at=480) > damage(blur_digits.flip, at=480)"',
    "type: numeric\n    quantity: end(blur_digits.b50)\n    unit: epoch\n    bounds: [0, 960]",
    'type: binary\n    claim: "half(blur_digits_decay.b20) > half(blur_digits_decay.b40)"',
)
FORECASTS = {"binary": "p: 0.7", "numeric": "normal: {mean: 100, sd: 50}"}
TEMPLATE = """\
id: {name}
about: {{title: Benchmark}}
exposure: nothing_run
claims:
  - id: claim
    title: T
    resolution: {{rule: decisive, draws: student, on_divergence: drop}}
    {claim}
forecasts:
  - {{by: ann, claim: claim, {forecast}}}
  - {{by: bob, claim: claim, {forecast}}}
"""


def main() -> None:
    """Run the benchmark and write `speed.json`."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    with tempfile.TemporaryDirectory() as folder:
        project = _project(Path(folder))
        began = time.process_time()
        scores = score(project)
        seconds = time.process_time() - began
    if len(scores.claims) != NUM_PREDICTIONS:
        raise AssertionError(f"{len(scores.claims)} claims instead of {NUM_PREDICTIONS}")
    command = _cpu_seconds_of([sys.executable, "-m", "cpbench", "score"])
    results = {
        "num_predictions": NUM_PREDICTIONS,
        "draws": 2000,
        "cpu_seconds_hundred": round(seconds, 2),
        "cpu_seconds_committed_register_whole_command": round(command, 2),
    }
    log.info("%s", results)
    write("speed", results)


def _cpu_seconds_of(command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True)  # noqa: S603 - our own command
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _project(root: Path) -> Project:
    for name in ("specs/protocols", "specs/seeds", "pipelines/plans", "reports/results"):
        shutil.copytree(ROOT / name, root / name)
    shutil.copy(ROOT / "params.yaml", root)
    project = Project(root)
    names = ("blur_digits", "blur_digits_decay")
    digests = {name: read_plan(project.plan(name)).digest for name in names}
    project.predictions.mkdir(parents=True)
    for number, claim in enumerate(islice(cycle(CLAIMS), NUM_PREDICTIONS)):
        name = f"bench_{number}"
        path = project.predictions / f"{name}.yaml"
        forecast = FORECASTS["numeric" if "numeric" in claim else "binary"]
        path.write_text(TEMPLATE.format(name=name, claim=claim, forecast=forecast))
        append(project, payload_of(project, load_prediction(path), digests))
    return project


if __name__ == "__main__":
    main()
