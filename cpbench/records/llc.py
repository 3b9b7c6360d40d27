"""λ̂ in the scores: one reading, and the difference of two sides at the end of training."""

from cpbench.specs.base import Spec


class LlcPoint(Spec):
    """λ̂ at one state of one seed, with the settings it was read under.

    Without units, but for `loss`. A failed reading has no numbers; `status` says why.
    """

    measurement: str
    """Its name in the spec: a protocol may read λ̂ of several losses."""
    control: str
    """Empty for the curve."""
    removal: int
    seed: int
    at: str
    """`removal`, `final` or `every`."""
    epoch: int
    llc: float | None = None
    """λ̂ − b̂."""
    raw: float | None = None
    """λ̂."""
    bias: float | None = None
    """b̂, what the step size and the minibatches added."""
    se: float | None = None
    """Standard error of the sampler."""
    low: float | None = None
    """λ̂ − b̂ less two standard errors."""
    high: float | None = None
    """λ̂ plus two standard errors."""
    variance_share: float | None = None
    """Var(U)/λ̂ of U = nβ(L(w) − L(w*)); below 1, λ̂ still grows with nβ."""
    about_mean: float | None = None
    """λ̂ about the chains' own mean instead of w*."""
    impaired: bool | None = None
    """Whether the loss was measured on data under a deficit."""
    nbeta: float | None = None
    """nβ."""
    localization: float | None = None
    """γ."""
    step_size: float | None = None
    """ε."""
    batch_size: int | None = None
    num_draws: int | None = None
    num_weights: int | None = None
    """d."""
    num_live_weights: int | None = None
    """Weights that can get a gradient."""
    loss: float | None = None
    """L(w*) in nats."""
    steps: int | None = None
    """Optimizer steps of the whole run; only at `final`."""
    final_lr: float | None = None
    """Learning rate of the run's last epoch; only at `final`."""
    status: str


class LlcContrast(Spec):
    """λ̂ − b̂ at the end of training less that of another side, paired by seed.

    Only readings that passed the sampler's checks take part.
    """

    measurement: str
    removal: int
    other_arm: str
    other_control: str
    """Empty for the other arm's curve."""
    mean: float | None = None
    """Over the pairs of one seed each."""
    low: float | None = None
    """Smallest difference of a pair."""
    high: float | None = None
    """Largest difference of a pair."""
    n: int = 0
    """Pairs."""
    apart: int = 0
    """Pairs whose brackets do not overlap."""
    left_out: int = 0
    """Seeds with a reading that is missing on the other side, flagged or failed."""
    problem: str = ""
    """Why the sides are not compared, if so."""
