"""What chains passed through, draw by draw."""

from typing import NamedTuple

import torch
from jaxtyping import Float, Float64
from torch import Tensor

Series = Float64[Tensor, "draw point chain"]


class Trace(NamedTuple):
    """What the chains passed through; a draw is the mean over the steps it stands for."""

    excess: Series
    """U = nβ·(L(w) − L(w*)), on at least `EVALUATED` examples."""
    bias: Series
    """(ε/8)·nβ·ĝ·D."""
    linear: Series
    """nβ·∇L(w*)·(w − w*)."""
    distance: Series
    """|w − w*|²."""
    evaluated: Float64[Tensor, "proposal point chain"]
    """U at single steps, on at least `EVALUATED` examples."""
    acceptance: Float64[Tensor, "proposal point chain"]
    """Probability that Metropolis would accept the step, on the step's own batch."""
    center: Float[Tensor, "point weight"]
    """Mean of w − w* over proposals and chains."""

    @property
    def series(self) -> tuple[Tensor, ...]:
        """All columns over time."""
        return self[:-1]

    def then(self, later: "Trace") -> "Trace":
        """Return both, one after the other."""
        sizes = len(self.evaluated), len(later.evaluated)
        center = (sizes[0] * self.center + sizes[1] * later.center) / sum(sizes)
        columns = zip(self.series, later.series, strict=True)
        excess, bias, linear, distance, evaluated, acceptance = map(torch.cat, columns)
        return Trace(excess, bias, linear, distance, evaluated, acceptance, center)
