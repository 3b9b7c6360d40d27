"""Data that are not what a spec says are refused before anything is trained on them."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from trainers import LINUX, Study

from cpbench.image_trees import tree_digest

pytestmark = [pytest.mark.slow, LINUX]


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """A study of a folder of images."""
    folder = tmp_path / "data" / "pets"
    draw = np.random.default_rng(0)
    for split, size in (("train", 30), ("test", 5)):
        for name in ("cats", "dogs"):
            (folder / split / name).mkdir(parents=True)
            for number in range(size):
                pixels = draw.integers(0, 256, (8, 8), dtype=np.uint8)
                Image.fromarray(pixels).save(folder / split / name / f"{number}.png")
    dataset = (
        f"{{kind: image_folder, root: pets, num_classes: 2, shape: [1, 8, 8], "
        f"train_size: 60, sha256: {tree_digest(folder)}}}"
    )
    return Study(tmp_path, ("{kind: digits, train_size: 60}", dataset), ("seeds: 3", "seeds: 1"))


def images(study: Study) -> Path:
    return study.root / "data" / "pets" / "train"


def swap_labels(study: Study) -> None:
    folder = images(study)
    (folder / "cats").rename(folder / "x")
    (folder / "dogs").rename(folder / "cats")
    (folder / "x").rename(folder / "dogs")


def truncate(study: Study) -> None:
    path = images(study) / "cats" / "7.png"
    path.write_bytes(path.read_bytes()[:40])


def lose(study: Study) -> None:
    (images(study) / "dogs" / "3.png").unlink()


def change_a_pixel(study: Study) -> None:
    Image.new("L", (8, 8)).save(images(study) / "dogs" / "3.png")


@pytest.mark.parametrize("damage", [swap_labels, truncate, lose, change_a_pixel])
def test_damaged_data_are_refused_with_both_hashes(damage: object, study: Study):
    assert callable(damage)
    damage(study)
    trainer = study.train(CPBENCH_WORKERS="2")
    assert trainer.code == 4
    assert study.compiled.plan.dataset_sha256[:12] in trainer.said
    assert tree_digest(images(study).parent)[:12] in trainer.said
    assert trainer.said.count("\n") == 1
    assert study.epochs_begun() == 0
    assert [each for each in study.manifests().values() if each["stop"] > 0] == []


def test_data_that_are_not_there_are_asked_for(study: Study):
    (study.root / "data").rename(study.root / "elsewhere")
    trainer = study.train()
    assert trainer.code == 6
    assert "data/pets" in trainer.said
    assert trainer.said.count("\n") == 1
    (study.root / "elsewhere").rename(study.root / "data")
    assert study.train().code == 0
