"""What is known around w* before any chain runs: losses and gradients at w*, and the randomness."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from cpbench.measurements.llc.surface import LossSurface


class Anchor(NamedTuple):
    """Losses and gradients at w*."""

    losses: Float64[Tensor, "point batch"]
    controls: Float[Tensor, "point batch weight"]
    """∇L(w*) − s·∇L_B(w*), with s the batch's share."""
    loss: Float64[Tensor, " point"]
    gradient: Float[Tensor, "point weight"]


class Surroundings(NamedTuple):
    """All there is around w*, of some points that run together."""

    surface: LossSurface
    anchor: Anchor
    nbeta: float
    noise: Sequence[torch.Generator]
    """One per point, on the weights' device: a point's noise does not depend on its company."""
    picks: torch.Generator
    """Picks the batch of each step, which all points and chains share; on the CPU."""


def anchor(surface: LossSurface) -> Anchor:
    """Return losses and gradients at w*, batch by batch."""
    rows = [surface.slopes(surface.origin[:, None], each) for each in range(surface.num_batches)]
    shares = [surface.share(batch) for batch in range(surface.num_batches)]
    losses = torch.cat([each.losses for each in rows], dim=1)
    weighted = torch.stack(
        [share * each.gradients[:, 0] for share, each in zip(shares, rows, strict=True)], dim=1
    )
    gradient = weighted.mean(1)
    loss = (losses * torch.tensor(shares).to(losses)).mean(1)
    return Anchor(losses, gradient[:, None] - weighted, loss, gradient)
