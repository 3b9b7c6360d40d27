"""Records and readings against the lock of the stage that wrote them."""

import hashlib
import json
from pathlib import Path

import pytest

from cpbench.project import Project
from cpbench.records.files import write_text
from cpbench.verifying import audit

FILES = {"b/two.json": "2", "a.json": "1"}


def findings(project: Project) -> list[tuple[str, str]]:
    return [(each.status, each.place) for each in audit(project).findings]


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


@pytest.fixture
def readings(project: Project) -> Path:
    """Readings that the lock knows, by the hash that DVC gives a folder."""
    folder = project.readings("blur")
    for name, text in FILES.items():
        write_text(folder / name, text)
    listed = [{"md5": md5(FILES[name]), "relpath": name} for name in sorted(FILES)]
    with (project.root / "dvc.lock").open("a") as stream:
        stream.write("  measure@blur:\n    outs:\n    - path: artifacts/readings/blur\n")
        stream.write(f"      md5: {md5(json.dumps(listed, sort_keys=True))}.dir\n")
    return folder


def test_readings_as_their_stage_wrote_them_are_clean(project: Project, readings: Path):
    assert readings.is_dir()
    assert findings(project) == []


@pytest.mark.parametrize("change", ["edited", "added", "removed"])
def test_readings_that_were_changed_are_found(project: Project, readings: Path, change: str):
    if change == "removed":
        (readings / "a.json").unlink()
    else:
        write_text(readings / ("a.json" if change == "edited" else "c.json"), "3")
    assert findings(project) == [("tampered", "artifacts/readings/blur")]
    [told] = audit(project).findings
    assert "dvc repro -f measure@blur" in told.text


def test_readings_that_are_not_on_this_machine_are_no_finding(project: Project, readings: Path):
    for path in (*readings.rglob("*.json"), readings / "b", readings):
        path.unlink() if path.is_file() else path.rmdir()
    assert findings(project) == []


def test_a_lock_that_cannot_be_read_is_said_once(project: Project):
    write_text(project.root / "dvc.lock", "stages: [")
    assert findings(project).count(("tampered", "dvc.lock")) == 1
