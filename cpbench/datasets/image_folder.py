"""Any tree of images, one folder per class: `data/<root>/{train,test}/<class>/*`.

Decoded once and kept, named by the tree's declared hash; the tree is hashed when it is decoded.
"""

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate

from cpbench.datasets.arrays import Images
from cpbench.datasets.decoded import decoded
from cpbench.digests import digest
from cpbench.errors import EnvironmentFault, IntegrityError
from cpbench.image_trees import classes_of, files_of, tree_digest
from cpbench.specs.datasets import ImageFolder


def load_image_folder(spec: ImageFolder, data: Path) -> Images:
    """Return the images of a tree at the size the spec asks for.

    Raises:
        EnvironmentFault: The tree is not there, or an image cannot be read.
        IntegrityError: Its content or its number of classes is not what the spec declares.
    """
    key = digest([spec.sha256, list(spec.shape), spec.resize])
    tensors = decoded(data, key, lambda: _decode(spec, data / spec.root))
    _check_counts(spec, data / spec.root, tensors["train_labels"])
    return Images(
        train_images=tensors["train_images"],
        train_labels=tensors["train_labels"],
        test_images=tensors["test_images"],
        test_labels=tensors["test_labels"],
        scale=255.0,
    )


def _decode(spec: ImageFolder, root: Path) -> dict[str, Tensor]:
    _verify(spec, root)
    tensors: dict[str, Tensor] = {}
    for split in ("train", "test"):
        images: list[Tensor] = []
        labels: list[int] = []
        for label, name in enumerate(classes_of(root)):
            files = files_of(root / split / name)
            images += [_image(path, spec) for path in files]
            labels += [label] * len(files)
        tensors[f"{split}_images"] = torch.stack(images)
        tensors[f"{split}_labels"] = torch.tensor(labels)
    return tensors


def _verify(spec: ImageFolder, root: Path) -> None:
    if not (root / "train").is_dir() or not (root / "test").is_dir():
        raise EnvironmentFault(
            f"{root}: needs train/<class>/ and test/<class>/; "
            f"make it with `make data FROM=<archive> NAME={spec.root}`"
        )
    found = tree_digest(root)
    if classes_of(root, "test") != classes_of(root):
        raise IntegrityError(f"{root}: train/ and test/ do not have the same classes")
    if found != spec.sha256:
        raise IntegrityError(f"{root}: content hash is {found}, the spec declares {spec.sha256}")


def _check_counts(spec: ImageFolder, root: Path, labels: Tensor) -> None:
    num_classes = int(labels.max()) + 1
    if num_classes != spec.num_classes:
        raise IntegrityError(
            f"{root}: has {num_classes} classes, the spec declares {spec.num_classes}"
        )
    if spec.train_size > len(labels):
        raise IntegrityError(
            f"{root}: has {len(labels)} training images, the spec asks for {spec.train_size}"
        )


def _image(path: Path, spec: ImageFolder) -> Tensor:
    channels, height, width = spec.shape
    try:
        with Image.open(path) as image:
            pixels = np.asarray(image.convert("L" if channels == 1 else "RGB"))
    except OSError as error:
        raise EnvironmentFault(f"{path}: is not an image ({error})") from error
    tensor = torch.as_tensor(pixels.copy()).reshape(*pixels.shape[:2], channels).permute(2, 0, 1)
    if tensor.shape[1:] == (height, width):
        return tensor.contiguous()
    if spec.resize == "none":
        raise IntegrityError(
            f"{path}: is {tuple(tensor.shape[1:])}, not {(height, width)}; declare a resize"
        )
    return _resized(tensor, height, width, spec.resize)


def _resized(image: Tensor, height: int, width: int, law: str) -> Tensor:
    batch = image.unsqueeze(0).float()
    if law == "area":
        small = interpolate(batch, size=(height, width), mode="area")
    else:
        small = interpolate(
            batch, size=(height, width), mode="bilinear", align_corners=False, antialias=True
        )
    return small.round().clamp(0, 255).to(torch.uint8)[0]
