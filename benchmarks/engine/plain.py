"""The yardstick: how a study was trained in 2023, one run after another, from scratch.

A torch Dataset of PIL images, torchvision's transforms image by image, a shuffling DataLoader,
`loss.item()` at every step, the test accuracy after every epoch, torch's default threads. `pil`
is that; `tensors` is the kindest reading of it: images prepared once, a TensorDataset, no PIL. The
net, its settings and the order of the maps are those of the protocol.
"""

import time
from collections import deque
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, TensorDataset
from torchvision import transforms
from torchvision.models import resnet18

from benchmarks.engine.crews import CPU
from cpbench.datasets import Data, Part
from cpbench.deficits import impair_labels
from cpbench.models import build
from cpbench.plan.forest import Root
from cpbench.specs.models import Resnet18
from cpbench.specs.training import EpochSettings, Inputs, Sgd
from cpbench.streams import Draw, generator
from cpbench.training.feed import Feed

TEST_BATCH = 256


class Way(NamedTuple):
    """How examples reach the loop."""

    examples: Literal["pil", "tensors"]
    workers: int
    """Processes of the DataLoader; 0: none."""
    threads: int | None = None
    """Of torch; none: its default, one per core."""
    are_kept: bool = False
    """Whether the workers outlive an epoch: kinder, and not the default."""

    @property
    def name(self) -> str:
        """As the tables call it."""
        threads = f", {self.threads} thread" if self.threads else ""
        return f"{self.examples}, {self.workers} workers{threads}"


WAYS = (Way("pil", 0), Way("pil", 2), Way("tensors", 0, threads=1))


class Cost(NamedTuple):
    """Seconds of one epoch."""

    train: float
    test: float


class Pictures(Dataset[tuple[Tensor, int]]):
    """Images as PIL sees them, each through all its transforms whenever it is asked for."""

    def __init__(
        self, part: Part, scale: float, labels: Tensor, through: transforms.Compose
    ) -> None:
        self._images = _bytes(part.images, scale)
        self._labels = labels.tolist()
        self._through = through

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        """Return one image, transformed, and its label."""
        return self._through(Image.fromarray(self._images[index])), self._labels[index]


class Script:
    """One run of such a script: its net, its optimizer and its loaders."""

    def __init__(self, root: Root, data: Data, seed: int, way: Way) -> None:
        self.model = _net(root, seed)
        self._data, self._seed, self._way = data, seed, way
        self._optimizer: torch.optim.Optimizer | None = None
        self._loaded: EpochSettings | None = None
        self._train: DataLoader[Any] | None = None
        self._test = _loader(self._examples(None), way, TEST_BATCH, shuffle=False)

    def epoch(
        self, settings: EpochSettings, *, is_trained: bool = True, is_tested: bool = True
    ) -> Cost:
        """Train one epoch, then test, and return what either took; untrained: only load."""
        began = time.perf_counter()
        if is_trained:
            self._train_epoch(settings)
        else:
            deque(self._set_up(settings)[0], maxlen=0)
        trained = time.perf_counter()
        if is_tested:
            self.accuracy()
        return Cost(trained - began, time.perf_counter() - trained)

    def accuracy(self) -> float:
        """Return the share of test examples that come out right."""
        self.model.eval()
        right = total = 0
        with torch.no_grad():
            for images, labels in self._test:
                right += (self.model(images).argmax(1) == labels).sum().item()
                total += len(labels)
        return right / total

    def _train_epoch(self, settings: EpochSettings) -> float:
        loader, optimizer = self._set_up(settings)
        criterion = nn.CrossEntropyLoss()
        self.model.train()
        running = 0.0
        for images, labels in loader:
            optimizer.zero_grad()
            loss = criterion(self.model(images), labels)
            loss.backward()
            optimizer.step()
            running += loss.item()
        return running / len(loader)

    def _set_up(self, settings: EpochSettings) -> tuple[DataLoader[Any], torch.optim.Optimizer]:
        """Return loader and optimizer: a new loader when a phase begins, a scheduler's rate."""
        spec = settings.update.optimizer
        if not isinstance(spec, Sgd):
            raise TypeError(f"the plain loop has no {spec.kind}")
        if self._optimizer is None:
            self._optimizer = torch.optim.SGD(
                self.model.parameters(), spec.lr, spec.momentum, weight_decay=spec.weight_decay
            )
        for group in self._optimizer.param_groups:
            group["lr"] = spec.lr
        if self._train is None or not _look_alike(self._loaded, settings):
            size = settings.update.batch_size
            self._train = _loader(self._examples(settings), self._way, size, shuffle=True)
            self._loaded = settings
        return self._train, self._optimizer

    def _examples(self, settings: EpochSettings | None) -> Dataset[Any]:
        """Return the training examples under these settings; without any, the test examples."""
        data, is_pil = self._data, self._way.examples == "pil"
        if settings is None:
            images, labels = data.test
            if is_pil:
                return Pictures(data.test, data.scale, labels, _through(None, data))
            return TensorDataset(data.normalise(data.unit(images)), labels)
        if not is_pil:
            return TensorDataset(*Feed(data, self._seed).prepared(settings))
        images, labels = data.train
        everything = torch.arange(len(labels))
        draw = Draw(self._seed, "train", everything, len(labels), generator(self._seed, "deficit"))
        labels = impair_labels(labels, settings.targets.deficits, data.num_classes, draw)
        return Pictures(data.train, data.scale, labels, _through(settings.inputs, data))


def _look_alike(one: EpochSettings | None, other: EpochSettings) -> bool:
    return one is not None and (one.inputs, one.targets) == (other.inputs, other.targets)


def _loader(examples: Dataset[Any], way: Way, size: int, *, shuffle: bool) -> DataLoader[Any]:
    return DataLoader(
        examples,
        batch_size=size,
        shuffle=shuffle,
        num_workers=way.workers,
        persistent_workers=way.are_kept,
    )


def _net(root: Root, seed: int) -> nn.Module:
    """Return the protocol's net, torch's memory format; ResNet-18 as torchvision makes it."""
    spec = root.model
    if not isinstance(spec, Resnet18):
        model = build(spec, root.dataset, generator(seed, "init"), CPU)
        return model.to(memory_format=torch.contiguous_format)
    model = resnet18(weights=None, num_classes=spec.num_outputs or root.dataset.num_classes)
    if spec.stem == "cifar":
        model.conv1 = nn.Conv2d(root.dataset.shape[0], 64, 3, padding=1, bias=False)
        model.maxpool = nn.Identity()
    return model


def _bytes(images: Tensor, scale: float) -> NDArray[np.uint8]:
    """Return images as PIL takes them: 255 is white; colours, where there are any, come last."""
    whole = (images.float() * (255 / scale)).round().to(torch.uint8)
    last = whole.permute(0, 2, 3, 1).numpy()
    return last[..., 0] if last.shape[-1] == 1 else last


def _through(inputs: Inputs | None, data: Data) -> transforms.Compose:
    """Return the transforms of an image: augmentation, deficits, tensor, normalisation."""
    height, width = data.train.images.shape[-2:]
    normalise = transforms.Normalize(data.mean.flatten().tolist(), data.std.flatten().tolist())
    maps = _maps(inputs, (height, width)) if inputs else ()
    return transforms.Compose([*maps, transforms.ToTensor(), normalise])


def _maps(inputs: Inputs, size: tuple[int, int]) -> Iterator[nn.Module]:
    for each in inputs.augmentation:
        if each.kind == "random_crop":
            yield transforms.RandomCrop(size, padding=each.padding)
        elif each.kind == "random_flip":
            yield transforms.RandomHorizontalFlip(each.p)
        else:
            raise TypeError(f"the plain loop has no {each.kind}")
    for each in inputs.deficits:
        if each.kind == "blur":
            yield transforms.Resize([side // each.factor for side in size])
            yield transforms.Resize(size)
        elif each.kind == "vertical_flip":
            yield transforms.RandomVerticalFlip(1.0)
        else:
            raise TypeError(f"the plain loop has no {each.kind}")
