"""Random labels: an example gets a label that says nothing about it, the same in every epoch.

Source: Zhang et al. (2017), §2.1.
"""

from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

from cpbench.specs.deficits import RandomLabels
from cpbench.streams import Draw, generator

COUNTER = 2**40 + 2
"""In the stream of the deficits, past every epoch and the counters of fixed noise."""


def randomise_labels(labels: Tensor, spec: RandomLabels, num_classes: int, draw: Draw) -> Tensor:
    """Return labels, some replaced by uniform ones; the right one may be drawn again.

    A label belongs to an example that is trained on. Test labels are returned as they are: a label
    drawn for them would measure nothing.

    Shape:
        labels: batch; class indices below `num_classes`.
    """
    if draw.split == "test":
        return labels
    lots = _lots(draw.seed, draw.num_examples, num_classes)
    indices = draw.indices.cpu()
    replaced = lots.ranks[indices] < spec.num_replaced(draw.num_examples)
    drawn = lots.labels[indices].to(labels.device, labels.dtype)
    return torch.where(replaced.to(labels.device), drawn, labels)


class _Lots(NamedTuple):
    """What each example of a split has drawn.

    Shape:
        ranks: example; its place in the queue of those to be replaced, so that fractions nest.
        labels: example; its random label.
    """

    ranks: Tensor
    labels: Tensor


@lru_cache(maxsize=2)
def _lots(seed: int, num_examples: int, num_classes: int) -> _Lots:
    """Draw the lots of a whole split; kept, because every batch of every epoch asks for them."""
    source = generator(seed, "deficit", COUNTER)
    ranks = torch.randperm(num_examples, generator=source)
    return _Lots(ranks, torch.randint(num_classes, (num_examples,), generator=source))
