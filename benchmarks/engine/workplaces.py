"""Temporary projects: a study of the repository, changed as asked, trained in a folder of its own.

Nothing is written to the repository. Training is the pipeline's own stage, in a process of its own.
"""

import copy
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.engine.place import ROOT
from benchmarks.engine.turns import seconds
from cpbench.ledger.seeding import SEED_RANGE
from cpbench.plan.compiling import Compiled, load_compiled
from cpbench.project import Project
from cpbench.records.derived_seeds import DerivedSeeds, read_derived_seeds
from cpbench.records.files import to_json, write_text
from cpbench.seeds import derive_seed
from cpbench.specs.loading import is_published, load_protocol
from cpbench.specs.reading import read

REPOSITORY = Project(ROOT)
STUDY = ("blur_digits", "blur_digits_decay")
"""The default study."""
Change = Callable[[dict[str, Any]], None]


def accuracy_only(content: dict[str, Any]) -> None:
    """Leave only accuracy to be measured: no weight depends on it, and claims ask for no more."""
    content["measurements"] = {"accuracy": content["measurements"]["accuracy"]}


def add_study(
    project: Project, name: str, *, num_seeds: int, entry: str = "", change: Change = accuracy_only
) -> Compiled:
    """Write one of the repository's protocols and its plan into a project.

    Args:
        project: Where.
        name: The protocol.
        num_seeds: How many seeds, by the rule of registration.
        entry: The hash they follow from; by default the one they follow from in the repository.
        change: Edits the spec, given as JSON values.
    """
    content = load_protocol(REPOSITORY.protocol(name)).json_value()
    content = copy.deepcopy(content)
    content["protocol"]["seeds"] = {"from": "registration", "n": num_seeds}
    content.pop("engine", None)  # the environment says which executor trains
    change(content)
    entry = entry or read_derived_seeds(REPOSITORY.derived_seeds(name)).entry
    seeds = DerivedSeeds(protocol=name, entry=entry, seeds=_derived(entry, num_seeds))
    write_text(project.derived_seeds(name), to_json(seeds.json_value()))
    # JSON is YAML: the project's own reader takes it.
    write_text(project.protocol(name), json.dumps(content, indent=1) + "\n")
    compiled = load_compiled(project, name)
    write_text(project.plan(name), to_json(compiled.plan.json_value()))
    names = sorted(path.stem for path in project.protocols.glob("*.yaml"))
    write_text(project.params, f"protocols: [{', '.join(names)}]\nheavy: []\npublished: []\n")
    return compiled


def alike(name: str) -> list[str]:
    """Return the repository's protocols that differ from one in nothing but their seeds."""
    asked = _without_seeds(REPOSITORY.protocol(name))
    files = sorted(REPOSITORY.protocols.glob("*.yaml"))
    protocols = [path for path in files if not is_published(read(path))]
    return [path.stem for path in protocols if _without_seeds(path) == asked]


def empty_store(project: Project) -> None:
    """Forget all that was trained."""
    shutil.rmtree(project.store.parent, ignore_errors=True)


def train(project: Project, name: str, executor: str, workers: int) -> float:
    """Train what the store lacks, and return the wall seconds of the whole command."""
    return seconds(lambda: run_stage(project, "train", name, executor, workers))


def run_stage(project: Project, stage: str, name: str, executor: str, workers: int) -> None:
    """Run a stage of the pipeline as DVC would, in a process of its own."""
    subprocess.run(  # noqa: S603 - our own command
        command(stage, name),
        check=True,
        cwd=project.root,
        env=environment(executor, workers),
        stdout=subprocess.DEVNULL,
    )


def command(stage: str, name: str) -> list[str]:
    """Return a stage's command line."""
    return [sys.executable, "-m", f"pipelines.{stage}", name]


def environment(executor: str, workers: int) -> dict[str, str]:
    """Return the environment that chooses an executor and a number of processes."""
    own = {
        "PYTHONPATH": str(ROOT),
        "CPBENCH_DEVICE": "cpu",
        "CPBENCH_EXECUTOR": executor,
        "CPBENCH_WORKERS": str(workers),
    }
    return {**os.environ, **own}


def _without_seeds(path: Path) -> dict[str, Any]:
    content = load_protocol(path).protocol.json_value()
    del content["seeds"]
    return content


def _derived(entry: str, num_seeds: int) -> tuple[int, ...]:
    """Return seeds by the rule of registration (`cpbench.ledger.seeding`), from any hash."""
    source = int(entry, 16)
    found = [derive_seed(source, "registration", each) % SEED_RANGE for each in range(num_seeds)]
    if len(set(found)) < num_seeds:
        raise ValueError(f"{entry}: two of its {num_seeds} seeds are equal; take another hash")
    return tuple(found)
