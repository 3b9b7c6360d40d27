"""scikit-learn's digits: 1,797 images of 8×8 in 17 grey levels, embedded in the package.

Source: Alpaydin & Kaynak (1998), UCI Optical Recognition of Handwritten Digits.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cpbench.datasets.arrays import Images
from cpbench.datasets.decoded import decoded
from cpbench.errors import IntegrityError
from cpbench.specs.datasets import Digits


def load_digits(spec: Digits, data: Path) -> Images:
    """Return all digits; they have no test split of their own.

    Raises:
        IntegrityError: This scikit-learn ships other digits than the language knows.
    """
    tensors = decoded(data, spec.sha256, lambda: _decode(spec))
    return Images(
        train_images=tensors["images"],
        train_labels=tensors["labels"],
        test_images=None,
        test_labels=None,
        scale=16.0,
    )


def _decode(spec: Digits) -> dict[str, Tensor]:
    # Imported here because it costs a second that no other dataset should pay.
    import sklearn.datasets  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs] - it ships none

    bunch = cast("Mapping[str, NDArray[Any]]", sklearn.datasets.load_digits())
    images = bunch["data"].astype(np.uint8)
    labels = bunch["target"].astype(np.uint8)
    found = hashlib.sha256(images.tobytes() + labels.tobytes()).hexdigest()
    if found != spec.sha256:
        raise IntegrityError(
            f"digits: content hash is {found}, expected {spec.sha256}; "
            f"pin scikit-learn as in the lock"
        )
    return {
        "images": torch.as_tensor(images).view(-1, 1, 8, 8),
        "labels": torch.as_tensor(labels).long(),
    }
