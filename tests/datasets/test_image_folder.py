from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from cpbench.datasets import load
from cpbench.datasets.image_folder import load_image_folder
from cpbench.errors import EnvironmentFault, IntegrityError
from cpbench.image_trees import tree_digest
from cpbench.specs.datasets import ImageFolder

SIZES = {"train": 3, "test": 2}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with two classes of 4×4 images whose grey value says which image it is."""
    folder = tmp_path / "data"
    for split, size in SIZES.items():
        for label, name in enumerate(("cats", "dogs")):
            for number in range(size):
                path = folder / "pets" / split / name / f"{number}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                value = 100 * label + 10 * number + (split == "test")
                pixels = np.full((4, 4, 3), value, dtype=np.uint8)
                Image.fromarray(pixels).save(path)
    return folder


def spec(data: Path, **changes: Any) -> ImageFolder:
    given = {
        "kind": "image_folder",
        "root": "pets",
        "sha256": tree_digest(data / "pets"),
        "shape": (3, 4, 4),
        "num_classes": 2,
        "train_size": 6,
    }
    return ImageFolder.model_validate(given | changes)


def test_folders_are_classes_in_alphabetical_order(data: Path):
    found = load_image_folder(spec(data), data)
    assert found.train_labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert found.train_images[:, 0, 0, 0].tolist() == [0, 10, 20, 100, 110, 120]
    assert found.test_images is not None
    assert found.test_images[:, 2, 3, 3].tolist() == [1, 11, 101, 111]
    assert found.train_images.shape == (6, 3, 4, 4)


def test_one_channel_reads_grey(data: Path):
    found = load_image_folder(spec(data, shape=(1, 4, 4)), data)
    assert found.train_images.shape == (6, 1, 4, 4)
    assert found.train_images[5].unique().tolist() == [120]


def test_a_part_of_the_training_images_is_drawn_by_the_seed_and_all_are_tested_on(data: Path):
    part = spec(data, train_size=2)
    seen = {
        tuple(load(part, seed, data, torch.device("cpu")).train.images[:, 0, 0, 0].tolist())
        for seed in range(20)
    }
    assert len(seen) > 5
    assert len(load(part, 0, data, torch.device("cpu")).test.labels) == 4


def test_other_content_than_declared_is_refused(data: Path):
    declared = spec(data)
    (data / "pets" / "train" / "cats" / "0.png").write_bytes(b"another image")
    with pytest.raises(IntegrityError, match="content hash"):
        load_image_folder(declared, data)


def test_the_digest_sees_names_and_bytes_and_no_hidden_file(data: Path):
    before = tree_digest(data / "pets")
    cats = data / "pets" / "train" / "cats"
    (cats / ".DS_Store").write_bytes(b"x")
    assert tree_digest(data / "pets") == before
    (cats / "0.png").rename(cats / "9.png")
    assert tree_digest(data / "pets") != before


@pytest.mark.parametrize("wrong", [{"num_classes": 3}, {"num_classes": 1}, {"train_size": 7}])
@pytest.mark.parametrize("decoded", [False, True], ids=["fresh", "decoded before"])
def test_another_number_of_classes_or_images_is_refused(
    data: Path, wrong: dict[str, int], *, decoded: bool
):
    if decoded:
        load_image_folder(spec(data), data)
    with pytest.raises(IntegrityError, match=r"classes|training images"):
        load_image_folder(spec(data, **wrong), data)


def test_images_of_another_size_need_a_declared_resize(data: Path):
    with pytest.raises(IntegrityError, match="declare a resize"):
        load_image_folder(spec(data, shape=(3, 2, 2)), data)


@pytest.mark.parametrize("law", ["area", "bilinear_antialias"])
def test_a_resize_keeps_what_is_constant(data: Path, law: str):
    found = load_image_folder(spec(data, shape=(3, 2, 2), resize=law), data)
    assert found.train_images.shape == (6, 3, 2, 2)
    assert found.train_images.dtype == torch.uint8
    assert found.train_images[:, 1, 1, 1].tolist() == [0, 10, 20, 100, 110, 120]


def test_an_area_resize_is_the_mean_of_each_block(data: Path):
    path = data / "pets" / "train" / "cats" / "0.png"
    pixels = np.zeros((4, 4, 3), dtype=np.uint8)
    pixels[0, :2] = 100
    Image.fromarray(pixels).save(path)
    found = load_image_folder(spec(data, shape=(3, 2, 2), resize="area"), data)
    assert found.train_images[0, 0].tolist() == [[50, 0], [0, 0]]


def test_what_was_decoded_once_is_not_decoded_again(data: Path):
    declared = spec(data)
    one = load_image_folder(declared, data)
    (data / "pets").rename(data / "elsewhere")
    two = load_image_folder(declared, data)
    assert torch.equal(one.train_images, two.train_images)
    kept = (data.parent / ".cpbench" / "decoded").iterdir()
    assert sorted(path.suffix for path in kept) == [".safetensors", ".sha256"]


def test_a_damaged_copy_of_what_was_decoded_is_not_used(data: Path):
    one = load_image_folder(spec(data), data)
    [kept] = (data.parent / ".cpbench" / "decoded").glob("*.safetensors")
    whole = kept.read_bytes()
    flipped = whole[:-1] + bytes([whole[-1] ^ 1])
    for damaged in (whole[:50], flipped):
        kept.write_bytes(damaged)
        assert torch.equal(load_image_folder(spec(data), data).train_images, one.train_images)
        assert kept.read_bytes() == whole


def test_a_missing_tree_says_how_to_get_it(data: Path):
    with pytest.raises(EnvironmentFault, match="make data FROM=<archive> NAME=dogs"):
        load_image_folder(spec(data, root="dogs"), data)


def test_a_file_that_is_no_image_is_named(data: Path):
    (data / "pets" / "train" / "cats" / "notes.txt").write_text("not an image")
    with pytest.raises(EnvironmentFault, match=r"notes\.txt: is not an image"):
        load_image_folder(spec(data), data)
