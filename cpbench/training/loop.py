"""The training loop."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from cpbench.datasets import Data
from cpbench.deficits import impair_images, impair_labels
from cpbench.specs.training import EpochSettings
from cpbench.streams import Draw, generator
from cpbench.training.augmentation import augment
from cpbench.training.optimizers import adjust

CHUNK_VALUES = 2**24
"""Numbers per chunk of prepared images: 64 MB, whatever the size of the data set."""


def train_epoch(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    data: Data,
    settings: EpochSettings,
    *,
    seed: int,
    epoch: int,
) -> float:
    """Train one epoch in place; return the mean loss in nats, not finite if it diverged."""
    model.train()
    adjust(optimizer, settings.update)
    total = torch.zeros((), dtype=torch.float64, device=data.mean.device)
    for images, labels in _batches(data, settings, seed, epoch):
        loss = cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()  # pyright: ignore[reportUnknownMemberType] - torch leaves it untyped
        optimizer.step()
        total += loss.detach() * len(labels)
    return total.item() / len(data.train.labels)


class _Batch(NamedTuple):
    images: Tensor
    labels: Tensor


def _batches(data: Data, settings: EpochSettings, seed: int, epoch: int) -> Iterator[_Batch]:
    """Yield the epoch's batches: shuffled, augmented, impaired, normalised, in this order.

    The maps run over chunks of whole batches, so that small batches do not pay for them one by one.
    """
    size = settings.update.batch_size
    order = torch.randperm(len(data.train.labels), generator=generator(seed, "order", epoch))
    crops = generator(seed, "augment", epoch)
    noise = generator(seed, "deficit", epoch, device=data.mean.device)
    per_chunk = max(1, CHUNK_VALUES // (size * data.train.images[0].numel())) * size
    for chunk in torch.split(order.to(data.mean.device), per_chunk):
        images = data.unit(data.train.images[chunk])
        images = augment(images, settings.inputs.augmentation, crops)
        draw = Draw(seed, "train", chunk, len(order), noise)
        images = data.normalise(impair_images(images, settings.inputs.deficits, draw))
        labels = impair_labels(
            data.train.labels[chunk], settings.targets.deficits, data.num_classes
        )
        yield from map(_Batch, torch.split(images, size), torch.split(labels, size))
