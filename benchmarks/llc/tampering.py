"""Layers that make a model unfit for λ̂: random ones, and one whose gradient is not its own."""

import torch
from torch import Tensor, nn


class Noise(nn.Module):
    """Noise in the inputs, in eval mode too, as of a random augmentation."""

    def __init__(self, scale: float) -> None:
        super().__init__()
        self._scale = scale

    def forward(self, inputs: Tensor) -> Tensor:
        """Return other inputs at every call."""
        return inputs + self._scale * torch.randn_like(inputs)


class Mirror(nn.Module):
    """Now and then mirrors the images of a whole batch, in eval mode too."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self._share = share

    def forward(self, inputs: Tensor) -> Tensor:
        """Return all inputs as they are, or all mirrored."""
        mirrored = inputs.view(-1, 8, 8).flip(2).view(inputs.shape)
        return torch.where(torch.rand(()) < self._share, mirrored, inputs)


class Detached(nn.Module):
    """Passes its inputs on, but no gradient: the loss depends on weights that feel no force."""

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the inputs."""
        return inputs.detach()
