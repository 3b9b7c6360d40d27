"""Outputs on disk against the locks of the stages that wrote them: edits by hand show."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from cpbench.errors import SpecError
from cpbench.ledger import Entry, ToldClaim
from cpbench.project import Project
from cpbench.specs.reading import display, parse
from cpbench.verifying.findings import Finding, tampered, unverifiable

Locked = dict[str, set[str]]
"""Name of a file to each MD5 that some lock states for it."""


def outputs_as_locked(project: Project) -> Iterator[Finding]:
    """Yield results, and scores, that are not as the pipeline wrote them.

    A file that two locks name must be as both say: a second lock must not cover for the first.
    """
    locked: Locked = {}
    for path in _locks(project):
        try:
            for name, md5 in _locked(path):
                locked.setdefault(name, set()).add(md5)
        except SpecError as error:
            yield tampered(display(path), f"cannot be read: {error}")
    for path in sorted(project.results.glob("*.csv")):
        if path.name not in locked:
            yield unverifiable(display(path), "no lock file says which stage wrote it")
        elif locked[path.name] != {_md5(path)}:
            what = "was changed after its stage wrote it"
            yield tampered(display(path), f"{what}; `git restore` it, or run `dvc repro`")
    scores = project.scores
    stated = locked.get(scores.name)
    if scores.exists() and stated is not None and stated != {_md5(scores)}:
        what = "is not what its stage wrote; run `dvc repro score`"
        yield unverifiable(display(scores), what)


def results_that_are_gone(
    project: Project, entries: Sequence[Entry], claims: Sequence[ToldClaim]
) -> Iterator[Finding]:
    """Yield results of registered protocols that a lock or an entry saw, and that are not there."""
    seen = {
        known.protocol: f"entry {entry.seq}"
        for entry in entries
        for known in entry.payload.known_results
    }
    for path in filter(Path.exists, _locks(project)):
        try:
            seen |= {Path(name).stem: display(path) for name, _ in _locked(path)}
        except SpecError:
            continue  # said of the lock itself
    for name in sorted({name for told in claims for name in told.protocols} & seen.keys()):
        path = project.result(name)
        if not path.exists():
            what = f"is gone, though {seen[name]} saw it: the claims it settled wait again"
            yield unverifiable(display(path), what)


def _locks(project: Project) -> tuple[Path, ...]:
    return project.root / "dvc.lock", project.root / "pipelines" / "heavy" / "dvc.lock"


def _locked(path: Path) -> Iterator[tuple[str, str]]:
    """Yield name and MD5 of each results file, and of the scores, as a lock file states them.

    The heavy pipeline locks its own copy below artifacts/, for two pipelines may not share a
    folder of outputs.
    """
    if not path.exists():
        return
    document: Any = parse(path.read_text(encoding="utf-8", errors="replace"), display(path)).value
    stages = _mapping(_mapping(document).get("stages"))
    for out in (out for stage in stages.values() for out in _list(_mapping(stage).get("outs"))):
        file = Path(str(_mapping(out).get("path")))
        is_result = file.suffix == ".csv" and file.parent.name == "results"
        if is_result or file == Path("reports/scores.json"):
            yield file.name, str(_mapping(out).get("md5"))


def _mapping(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []


def _md5(path: Path) -> str:
    """Return what DVC calls a file's hash: it guards against slips here, not against forgers."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
