"""torchvision's ResNet-18.

Source: He et al. (2016), table 1; the CIFAR stem as in §4.2.
"""

from torch import nn

from cpbench.models.taps import skip_dead_taps
from cpbench.specs.models import Resnet18


def build_resnet18(spec: Resnet18, shape: tuple[int, int, int], num_outputs: int) -> nn.Module:
    """Return ResNet-18 with the stem asked for."""
    # Imported here because it costs seconds that no other model should pay.
    from torchvision.models import resnet18  # noqa: PLC0415

    model = resnet18(weights=None, num_classes=num_outputs)
    channels = shape[0]
    if spec.stem == "cifar":
        model.conv1 = nn.Conv2d(channels, 64, 3, stride=1, padding=1, bias=False)
        model.maxpool = nn.Identity()  # pyright: ignore[reportAttributeAccessIssue] - inferred type
    elif channels != model.conv1.in_channels:
        model.conv1 = nn.Conv2d(channels, 64, 7, stride=2, padding=3, bias=False)
    return skip_dead_taps(model)
