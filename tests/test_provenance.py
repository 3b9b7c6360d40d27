from pathlib import Path

import pytest
import torch

from cpbench.errors import IntegrityError
from cpbench.ledger import Circumstances, GitState, append, payload_of, read_ledger
from cpbench.project import Project
from cpbench.provenance import circumstances, finished, trained_at
from cpbench.specs.predictions import Prediction
from cpbench.store import Manifest

CPU = torch.device("cpu")
NOW = Circumstances("2026-01-02T03:04:05Z", "Ann", GitState(commit="", dirty=False))


def ledger_of(folder: Path, entries: int) -> tuple[Project, list[str]]:
    """A ledger of so many entries, and their hashes."""
    place = Project(folder)
    for number in range(entries):
        append(place, payload_of(place, prediction(number), {"blur": "a" * 64}), NOW)
    return place, [entry.hash for entry in read_ledger(place.ledger)]


def prediction(number: int) -> Prediction:
    claim = {
        "id": "later", "title": "Later", "type": "binary", "claim": "end(blur) > 0",
        "resolution": {"rule": "point", "on_divergence": "drop"},
    }  # fmt: skip
    told = {"about": {"title": "A bet"}, "exposure": "nothing_run", "claims": [claim]}
    return Prediction.model_validate({"id": f"bet_{number}", **told})


def manifest(commit: str | None, head: str | None, **told: float) -> Manifest:
    made = Manifest(
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
    return made.model_copy(update=told)


def test_weights_are_as_old_as_their_oldest_segment(tmp_path: Path):
    place, (first, second, third) = ledger_of(tmp_path, 3)
    now = circumstances(place, torch.device("cpu"), {})
    assert now.ledger_head == third
    made = [manifest("1", each) for each in (third, first, second)]
    mixed = trained_at(place, now, made)
    assert (mixed.commit, mixed.ledger_head) == ("1", first)
    before_all = trained_at(place, now, [manifest("1", third), manifest("2", "")])
    assert (before_all.commit, before_all.ledger_head) == ("several", "")


def test_what_was_not_recorded_is_not_guessed(tmp_path: Path):
    place, (first,) = ledger_of(tmp_path, 1)
    now = circumstances(place, torch.device("cpu"), {})
    assert trained_at(place, now, [manifest("1", first), manifest("1", None)]).ledger_head is None
    assert trained_at(place, now, [manifest("1", "of another ledger")]).ledger_head is None


def test_cost_is_that_of_the_weights_whoever_trained_them(tmp_path: Path):
    place, _ = ledger_of(tmp_path, 0)
    now = finished(circumstances(place, CPU, {}), CPU, 3.0)
    assert now.peak_memory_mb is not None
    assert (now.joules, now.width) == (None, None)
    start = manifest("1", "", stop=0)
    one = manifest("1", "", joules=2.0, width=8, peak_memory_mb=300.0)
    two = manifest("1", "", joules=5.5, width=4, peak_memory_mb=200.0)
    told = trained_at(place, now, [start, one, two])
    assert (told.joules, told.width, told.peak_memory_mb) == (7.5, 8, 300.0)


def test_energy_that_one_part_does_not_tell_is_not_told(tmp_path: Path):
    place, _ = ledger_of(tmp_path, 0)
    now = finished(circumstances(place, CPU, {}), CPU, 3.0)
    parts = [manifest("1", "", joules=2.0), manifest("1", "")]
    found = trained_at(place, now, parts)
    assert (found.joules, found.width) == (None, None)
    assert found.peak_memory_mb == now.peak_memory_mb


def test_a_stage_that_was_metered_says_its_joules(tmp_path: Path):
    place, _ = ledger_of(tmp_path, 0)
    assert finished(circumstances(place, CPU, {}), CPU, 3.0, joules=12.34).joules == 12.3


def test_nothing_is_trained_under_a_ledger_that_is_torn(tmp_path: Path):
    place, _ = ledger_of(tmp_path, 1)
    with place.ledger.open("ab") as ledger:
        ledger.write(b'{"at":')
    with pytest.raises(IntegrityError, match="--repair"):
        circumstances(place, torch.device("cpu"), {})
