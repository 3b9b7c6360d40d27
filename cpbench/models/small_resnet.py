"""A residual net small enough for a CPU: three stages of basic blocks.

Source: He et al. (2016), §4.2, with projection shortcuts (their option B).
"""

from torch import Tensor, nn
from torch.nn.functional import relu

from cpbench.specs.models import SmallResnet


def build_small_resnet(
    spec: SmallResnet, shape: tuple[int, int, int], num_outputs: int
) -> nn.Module:
    """Return stem → three stages at widths w, 2w, 4w → global average pool → linear."""
    layers: list[nn.Module] = [
        _convolution(shape[0], spec.width, 3, 1),
        nn.BatchNorm2d(spec.width),
        nn.ReLU(),
    ]
    fan_in = spec.width
    for stage in range(3):
        width = spec.width * 2**stage
        for block in range(spec.blocks):
            stride = 2 if stage > 0 and block == 0 else 1
            layers.append(BasicBlock(fan_in, width, stride))
            fan_in = width
    return nn.Sequential(
        *layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(fan_in, num_outputs)
    )


class BasicBlock(nn.Module):
    """Two 3×3 convolutions with batch normalisation and a shortcut around them."""

    def __init__(self, fan_in: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = _convolution(fan_in, width, 3, stride)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = _convolution(width, width, 3, 1)
        self.bn2 = nn.BatchNorm2d(width)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or fan_in != width:
            self.shortcut = nn.Sequential(
                _convolution(fan_in, width, 1, stride), nn.BatchNorm2d(width)
            )

    def forward(self, images: Tensor) -> Tensor:
        """Return the block's output.

        Shape:
            images: batch, fan_in, height, width.
        """
        hidden = relu(self.bn1(self.conv1(images)))
        return relu(self.bn2(self.conv2(hidden)) + self.shortcut(images))


def _convolution(fan_in: int, width: int, size: int, stride: int) -> nn.Conv2d:
    return nn.Conv2d(fan_in, width, size, stride=stride, padding=size // 2, bias=False)
