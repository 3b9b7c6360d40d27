"""The sets of torchvision, tiny ones in the published formats on disk; nothing is downloaded."""

import gzip
import hashlib
import pickle  # noqa: TID251 - the format that CIFAR is published in
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args
from urllib.error import URLError

import numpy as np
import pytest
import torch
from pydantic import TypeAdapter
from scipy.io import savemat
from torchvision import datasets as published

from cpbench.datasets import LOADERS, load
from cpbench.datasets.arrays import Images
from cpbench.errors import EnvironmentFault, IntegrityError
from cpbench.specs.datasets import AbstractTorchvision, Dataset

SIZES = {"train": 6, "test": 4}
FOLDERS = {
    "cifar10": "cifar10",
    "cifar100": "cifar100",
    "mnist": "mnist/MNIST/raw",
    "fashion_mnist": "fashion_mnist/FashionMNIST/raw",
    "svhn": "svhn",
}
PUBLISHED: dict[str, Any] = {
    "cifar10": published.CIFAR10,
    "cifar100": published.CIFAR100,
    "mnist": published.MNIST,
    "fashion_mnist": published.FashionMNIST,
    "svhn": published.SVHN,
}
MODELS = {
    get_args(each.model_fields["kind"].annotation)[0]: each
    for each in get_args(get_args(Dataset)[0])
    if issubclass(each, AbstractTorchvision)
}
Patch = pytest.MonkeyPatch


def spec_of(kind: str, **changes: Any) -> Any:
    return TypeAdapter(Dataset).validate_python({"kind": kind} | changes)


def pixels(kind: str, split: str) -> np.ndarray:
    """Bytes that tell every image, channel, row and column apart."""
    shape = (SIZES[split], *MODELS[kind].shape)
    values = np.arange(np.prod(shape), dtype=np.int64).reshape(shape)
    return ((values * 7 + (split == "test")) % 251).astype(np.uint8)


def labels(split: str) -> np.ndarray:
    return np.arange(SIZES[split]) % 3


def md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def write_cifar(kind: str, folder: Path, patch: Patch) -> None:
    base = folder / PUBLISHED[kind].base_folder
    base.mkdir()
    name = "labels" if kind == "cifar10" else "fine_labels"
    lists = {}
    for split in SIZES:
        rows = {"data": pixels(kind, split).reshape(-1, 3072), name: labels(split).tolist()}
        (base / split).write_bytes(pickle.dumps(rows))
        lists[split] = [[split, md5(base / split)]]
    meta = PUBLISHED[kind].meta | {"filename": "meta"}
    (base / "meta").write_bytes(pickle.dumps({meta["key"]: ["a", "b", "c"]}))
    patch.setattr(PUBLISHED[kind], "meta", meta | {"md5": md5(base / "meta")})
    patch.setattr(PUBLISHED[kind], "train_list", lists["train"])
    patch.setattr(PUBLISHED[kind], "test_list", lists["test"])
    with tarfile.open(folder / PUBLISHED[kind].filename, "w:gz") as archive:
        archive.add(base, base.name)


def write_mnist(kind: str, folder: Path, _: Patch) -> None:
    for split, prefix in (("train", "train"), ("test", "t10k")):
        for name, header, values in (
            ("images-idx3", 16, pixels(kind, split)),
            ("labels-idx1", 8, labels(split).astype(np.uint8)),
        ):
            path = folder / f"{prefix}-{name}-ubyte.gz"
            path.write_bytes(gzip.compress(b"\xff" * header + values.tobytes()))


def write_svhn(kind: str, folder: Path, patch: Patch) -> None:
    lists = {}
    for split in SIZES:
        path = folder / f"{split}_32x32.mat"
        # Published with the example last, and with the label 10 for a zero.
        tens = np.where(labels(split) == 0, 10, labels(split)).astype(np.uint8)
        savemat(path, {"X": pixels(kind, split).transpose(2, 3, 1, 0), "y": tens[:, None]})
        lists[split] = ["nowhere", path.name, md5(path)]
    patch.setattr(PUBLISHED[kind], "split_list", lists)


WRITERS: dict[str, Callable[[str, Path, Patch], None]] = {
    "cifar10": write_cifar,
    "cifar100": write_cifar,
    "mnist": write_mnist,
    "fashion_mnist": write_mnist,
    "svhn": write_svhn,
}
every_kind = pytest.mark.parametrize("kind", sorted(WRITERS))


@pytest.fixture(autouse=True)
def offline(monkeypatch: Patch) -> None:
    """Nothing reaches a network."""

    def unreachable(*_: Any, **__: Any) -> None:
        raise URLError("no route to host")

    monkeypatch.setattr("urllib.request.urlopen", unreachable)


def written(kind: str, root: Path, patch: Patch) -> Path:
    """Write a tiny set, and have the language know its files; return their folder."""
    folder = root / FOLDERS[kind]
    folder.mkdir(parents=True)
    WRITERS[kind](kind, folder, patch)
    files = {name: hashlib.sha256((folder / name).read_bytes()) for name in MODELS[kind].files}
    sums = {name: each.hexdigest() for name, each in files.items()}
    patch.setattr(MODELS[kind], "files", sums)
    return folder


def read(kind: str, root: Path) -> Images:
    return LOADERS[kind](spec_of(kind), root)


def test_every_set_of_torchvision_is_tried_here():
    assert set(WRITERS) == set(MODELS)


@every_kind
def test_images_come_channels_first_with_their_labels(
    kind: str, tmp_path: Path, monkeypatch: Patch
):
    written(kind, tmp_path, monkeypatch)
    found = read(kind, tmp_path)
    assert found.test_images is not None
    assert found.test_labels is not None
    for split, images, names in (
        ("train", found.train_images, found.train_labels),
        ("test", found.test_images, found.test_labels),
    ):
        assert images.dtype == torch.uint8
        assert torch.equal(images, torch.as_tensor(pixels(kind, split)))
        assert images.is_contiguous()
        assert names.dtype == torch.int64
        assert names.tolist() == labels(split).tolist()
    assert found.scale == 255.0


@every_kind
def test_the_published_test_images_are_tested_on_whatever_is_trained_on(
    kind: str, tmp_path: Path, monkeypatch: Patch
):
    written(kind, tmp_path, monkeypatch)
    data = load(spec_of(kind, train_size=2), 1, tmp_path, torch.device("cpu"))
    assert (len(data.train.labels), len(data.test.labels)) == (2, SIZES["test"])
    assert data.num_classes == MODELS[kind].num_classes


@every_kind
def test_a_file_with_another_hash_is_refused_and_named(
    kind: str, tmp_path: Path, monkeypatch: Patch
):
    folder = written(kind, tmp_path, monkeypatch)
    for name in MODELS[kind].files:
        whole = (folder / name).read_bytes()
        for damaged in (whole[:-1], whole[:-1] + bytes([whole[-1] ^ 1])):
            (folder / name).write_bytes(damaged)
            with pytest.raises(
                IntegrityError, match=r"SHA-256 is .*, expected .*; delete it"
            ) as told:
                read(kind, tmp_path)
            assert name in str(told.value)
        (folder / name).write_bytes(whole)
    assert len(read(kind, tmp_path).train_labels) == SIZES["train"]


@every_kind
def test_offline_it_says_which_files_to_put_where(kind: str, tmp_path: Path):
    with pytest.raises(EnvironmentFault, match="cannot be downloaded") as told:
        read(kind, tmp_path)
    assert str(tmp_path / FOLDERS[kind]) in str(told.value)
    assert all(name in str(told.value) for name in MODELS[kind].files)
    assert len(str(told.value).splitlines()) == 1


def test_mnist_is_read_from_the_files_that_were_verified_not_from_unpacked_copies(
    tmp_path: Path, monkeypatch: Patch
):
    folder = written("mnist", tmp_path, monkeypatch)
    for name in MODELS["mnist"].files:
        (folder / name).with_suffix("").write_bytes(b"something else")
    assert torch.equal(
        read("mnist", tmp_path).train_images, torch.as_tensor(pixels("mnist", "train"))
    )


def test_the_identity_of_a_set_of_several_files_is_of_all_of_them(monkeypatch: Patch):
    before = {kind: spec_of(kind).sha256 for kind in WRITERS}
    assert len(set(before.values())) == len(before)
    assert before["cifar10"] == "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"
    changed = dict(MODELS["svhn"].files) | {"test_32x32.mat": "0" * 64}
    monkeypatch.setattr(MODELS["svhn"], "files", changed)
    assert spec_of("svhn").sha256 != before["svhn"]


@every_kind
def test_no_more_examples_can_be_asked_for_than_there_are(kind: str):
    most = spec_of(kind).train_size
    assert spec_of(kind).num_train == most
    with pytest.raises(ValueError, match="less than or equal"):
        spec_of(kind, train_size=most + 1)
