import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from cpbench.cli import main

REPOSITORY = Path(__file__).parents[2]
TINY = """\
id: tiny
about: {title: A tiny protocol}
protocol:
  dataset: {kind: digits, train_size: 100}
  model: {kind: mlp, widths: [8]}
  training:
    batch_size: 50
    optimizer: {kind: sgd, lr: 0.05}
    lr_law: {kind: constant}
  phases:
    - {until: $removal, deficits: [{kind: vertical_flip}]}
    - {for: 3}
  sweep: {removal: [0, 2, 4]}
  controls: [no_deficit, never_removed]
  seeds: 10
measurements:
  accuracy: {kind: accuracy, at: [removal, final]}
"""


class Said(NamedTuple):
    code: int
    out: str
    err: str


Cpbench = Callable[..., Said]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two protocols, `tiny` and `other`, as the current folder."""
    folder = tmp_path / "study"
    protocols = folder / "specs" / "protocols"
    protocols.mkdir(parents=True)
    (folder / "params.yaml").write_text("protocols: [tiny]\nheavy: [other]\n")
    (protocols / "tiny.yaml").write_text(TINY)
    (protocols / "other.yaml").write_text(TINY.replace("id: tiny", "id: other"))
    shutil.copytree(REPOSITORY / "specs" / "schema", folder / "specs" / "schema")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "60")
    return folder


@pytest.fixture
def cpbench(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cpbench:
    """Run the command line in this process."""

    def run(*words: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["cpbench", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main()
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return Said(int(left.value.code or 0), out, err)

    return run
