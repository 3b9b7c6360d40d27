import json
from pathlib import Path

import torch

from cpbench.project import Project
from cpbench.provenance import circumstances, trained_at
from cpbench.store import Manifest


def project(folder: Path, *heads: str) -> Project:
    (folder / "specs").mkdir()
    lines = "".join(json.dumps({"hash": head}) + "\n" for head in heads)
    (folder / "specs" / "ledger.jsonl").write_text(lines)
    return Project(folder)


def manifest(commit: str | None, head: str | None) -> Manifest:
    return Manifest(
        state="s",
        start=0,
        stop=1,
        numerics={},
        sha256="0" * 64,
        seconds=1.0,
        device="cpu",
        versions={},
        commit=commit,
        ledger_head=head,
    )


def test_weights_are_as_old_as_their_oldest_segment(tmp_path: Path):
    place = project(tmp_path, "aa", "bb", "cc")
    now = circumstances(place, torch.device("cpu"), {})
    assert now.ledger_head == "cc"
    mixed = trained_at(place, now, [manifest("1", "cc"), manifest("1", "aa"), manifest("1", "bb")])
    assert (mixed.commit, mixed.ledger_head) == ("1", "aa")
    before_all = trained_at(place, now, [manifest("1", "cc"), manifest("2", "")])
    assert (before_all.commit, before_all.ledger_head) == ("several", "")


def test_what_was_not_recorded_is_not_guessed(tmp_path: Path):
    place = project(tmp_path, "aa")
    now = circumstances(place, torch.device("cpu"), {})
    assert trained_at(place, now, [manifest("1", "aa"), manifest("1", None)]).ledger_head is None
    assert trained_at(place, now, [manifest("1", "of another ledger")]).ledger_head is None
