"""What is damaged, foreign or malicious is found, put aside and trained again; never used."""

import hashlib
import json
import pickle  # noqa: TID251 - what is to be refused
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from trainers import ALL, LINUX, Study

from cpbench.plan.forest import Stretch
from cpbench.store import MANIFEST, STATE

pytestmark = [pytest.mark.slow, LINUX]

Damage = Callable[[Path], object]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A finished study; not to be changed."""
    study = Study(tmp_path_factory.mktemp("whole"))
    assert study.train(stages=ALL).code == 0
    return study


@pytest.fixture
def study(whole: Study, tmp_path: Path) -> Study:
    """A copy that a test may change."""
    shutil.copytree(whole.root / ".cpbench", tmp_path / ".cpbench", symlinks=True)
    return Study(tmp_path)


def a_parent(study: Study) -> tuple[Stretch, list[Stretch]]:
    """Return a segment that has been trained and those that start from it."""
    for stretch in study.compiled.stretches:
        children = [each for each in study.compiled.stretches if each.parent == stretch.state]
        if stretch.settings and children:
            return stretch, children
    raise LookupError


def flip(position: float) -> Damage:
    def damage(folder: Path) -> None:
        data = bytearray((folder / STATE).read_bytes())
        data[min(int(position * len(data)), len(data) - 1)] ^= 4
        (folder / STATE).write_bytes(data)

    return damage


def zero_a_page(folder: Path) -> None:
    data = bytearray((folder / STATE).read_bytes())
    data[-512:] = bytes(512)
    (folder / STATE).write_bytes(data)


def claim(content: bytes) -> Damage:
    """Replace the weights and have the manifest vouch for it."""

    def damage(folder: Path) -> None:
        (folder / STATE).write_bytes(content)
        told = json.loads((folder / MANIFEST).read_text())
        told["sha256"] = hashlib.sha256(content).hexdigest()
        (folder / MANIFEST).write_text(json.dumps(told))

    return damage


class Bomb:
    """Unpickled, it would leave a file."""

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (Path("exploded"),)


def link_away(folder: Path) -> None:
    elsewhere = folder.parent / "elsewhere"
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere)


def another_models(folder: Path) -> None:
    from safetensors.numpy import save  # noqa: PLC0415 - only here

    claim(save({"model/1.weight": np.zeros((3, 3), dtype=np.float32)}))(folder)


DAMAGES: dict[str, Damage] = {
    "a bit of the header's length": flip(0),
    "a bit of the header": flip(0.01),
    "a bit in the middle": flip(0.5),
    "the last bit": flip(1),
    "zeroed": zero_a_page,
    "truncated": lambda folder: (folder / STATE).write_bytes((folder / STATE).read_bytes()[:-1000]),
    "empty": lambda folder: (folder / STATE).write_bytes(b""),
    "no manifest": lambda folder: (folder / MANIFEST).unlink(),
    "a link": link_away,
    "a pickle that its manifest vouches for": claim(pickle.dumps(Bomb())),
    "a header of 2^62 bytes that its manifest vouches for": claim(
        (2**62).to_bytes(8, "little") + b"{}" * 100
    ),
    "another model's, which its manifest vouches for": another_models,
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_parent_is_put_aside_and_trained_again_to_the_same_bytes(
    name: str, study: Study, whole: Study
):
    parent, children = a_parent(study)
    for child in children:
        shutil.rmtree(study.folder(child.state))
    folder = study.folder(parent.state)
    DAMAGES[name](folder)
    trainer = study.train()
    assert trainer.code == 0
    assert study.weights() == whole.weights()
    assert study.records() == whole.records()
    assert study.epochs_begun() == sum(len(each.settings) for each in (parent, *children))
    assert not (study.root / "exploded").exists()
    assert not study.folder(parent.state).is_symlink()
    if name not in VISIBLE:
        assert parent.state[:12] in trainer.said
        assert list(study.quarantine.glob(f"{parent.state[:12]}-*")) != []


VISIBLE = {"empty", "no manifest", "a link"}
"""What is not whole at the first look counts as not there, without a word."""


def test_damage_at_the_end_of_a_run_is_found_before_it_is_measured(study: Study, whole: Study):
    assert study.train().code == 0
    shutil.copytree(whole.project.runs("tiny"), study.project.runs("tiny"), dirs_exist_ok=True)
    end = max(study.compiled.stretches, key=lambda each: each.stop)
    DAMAGES["a bit in the middle"](study.folder(end.state))
    trainer = study.train(stages=("measure", "evaluate"))
    assert trainer.code == 0
    assert end.state[:12] in trainer.said
    assert study.weights() == whole.weights()
    assert study.results() == whole.results()


@pytest.mark.parametrize("name", ["a bit in the middle", "truncated", "no manifest"])
def test_a_damaged_checkpoint_within_a_segment_is_passed_by(
    name: str, whole: Study, tmp_path: Path
):
    study = Study(tmp_path)
    stretch = max(study.compiled.stretches, key=lambda each: len(each.settings))
    trainer = study.start("slow", CPBENCH_CHECKPOINT_SECONDS="0")
    while trainer.is_alive and not list(study.waypoints.glob(f"??/*/{MANIFEST}")):
        pass
    trainer.kill()
    left = [path.parent for path in study.waypoints.glob(f"??/*/{MANIFEST}")]
    assert left
    for folder in left:
        DAMAGES[name](folder)
    done = study.train()
    assert done.code == 0
    assert study.weights() == whole.weights()
    assert study.epochs_begun() <= study.epochs + 8 * (1 + stretch.stop)


def test_weights_of_another_version_of_torch_are_not_gone_on_from_unasked(
    study: Study, whole: Study
):
    parent, children = a_parent(study)
    shutil.rmtree(study.folder(children[0].state))
    path = study.folder(parent.state) / MANIFEST
    told = json.loads(path.read_text())
    told["versions"]["torch"] = "2.0.0"
    path.write_text(json.dumps(told))
    before = study.weights()
    trainer = study.train()
    assert trainer.code == 6
    assert "torch 2.0.0" in trainer.said
    assert "CPBENCH_ALLOW_DRIFT=1" in trainer.said
    assert trainer.said.count("\n") == 1
    assert study.weights() == before
    assert study.train(CPBENCH_ALLOW_DRIFT="1").code == 0
    assert study.weights() == whole.weights()
    assert study.manifests()[parent.state]["versions"]["torch"] == "2.0.0"


def test_another_executors_weights_are_not_taken_for_ours(study: Study):
    kept = study.weights()
    assert study.train(CPBENCH_EXECUTOR="sequential").code == 0
    assert study.epochs_begun() == study.epochs
    both = study.weights()
    assert {name: both[name] for name in kept} == kept
    assert len(both) == 2 * len(kept)
