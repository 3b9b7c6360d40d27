"""A reading of λ̂: never a bare number."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

ERRORS_AROUND = 2
"""Standard errors by which the interval reaches beyond the bracket."""


class Conditions(NamedTuple):
    """What λ̂ is measured under. Readings compare at equal nβ, γ, batch and draws only."""

    nbeta: float
    localization: float
    """γ."""
    step_size: float
    """ε."""
    num_chains: int
    num_burnin_steps: int
    """Steps before the first draw that is averaged, those of discarded draws included."""
    num_draws: int
    """Steps per chain that are averaged."""
    batch_size: int
    num_examples: int
    data: str
    """SHA-256 of inputs and targets, as they were given."""
    seed: int
    weight_decay: float
    """Half of it times |w|² was part of L."""
    backend: str
    device: str
    dtype: str
    num_weights: int
    """d."""
    num_live_weights: int
    """Weights that can get a gradient at this input size."""
    loss: float
    """L(w*)."""
    loss_se: float
    """Standard error of L(w*), over examples."""
    gradient_norm: float
    """|∇L(w*)|."""
    weight_norm: float
    """|w*|."""
    equilibration: float
    """εγT/2 of the burn-in: over how many time constants the localizer forgets the start."""


class Diagnostics(NamedTuple):
    """What the chains say about λ̂."""

    chain_se: float
    """Standard error of λ̂ − b̂ by the spread of the chains."""
    batch_se: float
    """The same by batch means within chains."""
    r_hat: float
    ess: float
    """Independent draws that the correlated ones are worth."""
    cold: float
    """λ̂ of the chains that began at w*."""
    hot: float
    """λ̂ of the chains that began around w*."""
    gap_se: float
    """Standard error of `hot` minus `cold`."""
    drift: float
    """λ̂ of the second half of the draws minus that of the first."""
    drift_se: float
    """Standard error of `drift`."""
    acceptance: float
    """Mean Metropolis acceptance of a step, on its own batch."""
    linear_term: float
    """nβ·∇L(w*)·E[w − w*]: far below zero where w* is no minimum."""
    about_mean: float
    """nβ·(E[L] − L(E[w])): λ̂ about the chains' own mean, for w* that is no minimum."""
    variance_share: float
    """Var(U)/λ̂ of U = nβ(L(w) − L(w*)); below 1, λ̂ still grows with nβ."""
    distance: float
    """Root mean square of |w − w*|."""


class Rung(NamedTuple):
    """One step size that calibration tried, on two short chains."""

    step_size: float
    """ε."""
    localization: float
    """γ."""
    raw: float
    """λ̂; not a number where a chain diverged."""
    bias: float
    """b̂."""


@dataclass(frozen=True)
class LLCReading:
    """One λ̂ with all that must accompany it; a failed one has no number."""

    llc: float | None
    """λ̂ − b̂: the point estimate."""
    raw: float | None
    """λ̂."""
    bias: float | None
    """b̂, what step size and minibatches add; [λ̂ − b̂, λ̂] brackets the value at ε → 0."""
    se: float | None
    """Standard error of λ̂ − b̂: the largest of those in `diagnostics`."""
    status: str
    """`ok`, `flagged(reason; …)` or `failed(reason)`."""
    reasons: tuple[str, ...]
    """Why it must not be taken at face value; none if ok."""
    conditions: Conditions
    diagnostics: Diagnostics | None
    trace: Float64[np.ndarray, "draw chain"] | None = field(default=None, repr=False, compare=False)
    """U of each draw; the first half of the chains began at w*."""

    ladder: tuple[Rung, ...] = field(default=(), repr=False, compare=False)
    """What calibration tried, largest step first; nothing if the step size was given."""

    @property
    def interval(self) -> tuple[float, float] | None:
        """The bracket [λ̂ − b̂, λ̂], two standard errors wider on either side."""
        if self.llc is None or self.raw is None or self.se is None:
            return None
        air = ERRORS_AROUND * self.se
        return min(self.llc, self.raw) - air, max(self.llc, self.raw) + air

    def __str__(self) -> str:
        """Return the reading in one line."""
        if self.llc is None or self.interval is None:
            return f"no λ̂: {self.status}"
        low, high = self.interval
        return f"λ̂ {self.llc:.3g} ± {self.se:.2g} in [{low:.3g}, {high:.3g}], {self.status}"


def failed(reason: str, conditions: Conditions) -> LLCReading:
    """Return a reading without a number."""
    return LLCReading(None, None, None, None, f"failed({reason})", (reason,), conditions, None)
