"""Blur: shrink and enlarge.

Source: Achille, Rovere & Soatto (2019), §2: images "downsampled and upsampled again".
"""

from torch import Tensor
from torch.nn.functional import interpolate

from cpbench.specs.deficits import Blur
from cpbench.streams import Draw


def blur(images: Tensor, spec: Blur, draw: Draw) -> Tensor:
    """Return images shrunk by `factor` and enlarged to their size again.

    Shape:
        images: batch, channel, height, width.

    Raises:
        ValueError: `factor` does not divide the sides.
    """
    height, width = images.shape[-2:]
    if height % spec.factor or width % spec.factor:
        raise ValueError(f"blur.factor {spec.factor} does not divide images of {height}×{width}")
    small = _resize(images, height // spec.factor, width // spec.factor, spec.down)
    return _resize(small, height, width, spec.up)


def _resize(images: Tensor, height: int, width: int, law: str) -> Tensor:
    if law == "area":
        return interpolate(images, size=(height, width), mode="area")
    return interpolate(
        images,
        size=(height, width),
        mode="bilinear",
        align_corners=False,
        antialias=law == "bilinear_antialias",
    )
