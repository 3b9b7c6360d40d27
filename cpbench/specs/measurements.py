"""Measurements: what is read off the weights, when, and on which runs. They can move no weight."""

from typing import Annotated, Literal

from pydantic import Field

from cpbench.specs.base import Count, Epoch, Identifier, Positive, Spec

Control = Literal["no_deficit", "never_removed", "schedule_only"]


class Every(Spec):
    """Every k-th epoch, counted from the run's start."""

    every: Count
    """k; the protocol's `checkpoints.every` must divide it."""


Moment = Literal["removal", "final"] | Every


class AbstractMeasurement(Spec):
    """When and on which runs a measurement is taken; what is not narrowed is taken whole."""

    at: tuple[Moment, ...] = Field(min_length=1)
    """Moments: `removal`, `final`, or `{every: k}`."""
    seeds: Count | None = None
    """Only the first so many seeds."""
    where: dict[Identifier, tuple[Epoch, ...]] = Field(default_factory=dict)
    """Only these values of the sweep axes, as `removal: [0, 40]`."""
    arms: tuple[Identifier, ...] | None = None
    """Only these arms."""
    controls: tuple[Control, ...] | None = None
    """Only these controls, beside the curve; an empty list measures the curve alone."""


class Accuracy(AbstractMeasurement):
    """Share of examples classified rightly: train and test, clean and under the run's deficit."""

    kind: Literal["accuracy"]
    bn: Literal["as_is", "recalibrated"] | None = None
    """Which reading the judge takes for a model with batch normalisation.

    Both are always recorded.
    """


class Loss(AbstractMeasurement):
    """Mean cross-entropy in nats: train and test, clean and under the run's deficit."""

    kind: Literal["loss"]


class Llc(AbstractMeasurement):
    """Local learning coefficient λ̂ = nβ (E[L(w)] − L(w*)), by SGLD around the weights.

    Source: Lau et al. (2023), eq. 13; sampler settings in `docs/design/llc.md`.
    """

    kind: Literal["llc"]
    data: Literal["clean", "current"]
    """Whose loss: `clean` images, or what the net was `current`ly trained on, deficit included."""
    nbeta: Positive | None = None
    """nβ; by default n / ln n of the examples it is measured on."""
    localization: Positive = 100.0
    """γ, the pull towards w*."""
    step_size: Positive = 1e-3
    """ε of the sampler; it must satisfy ε·γ·burn-in/2 ≥ 4 for the localizer to equilibrate."""
    num_chains: Annotated[int, Field(strict=True, ge=2, le=256)] = 4
    """Independent chains, run as one batch."""
    num_draws: Annotated[int, Field(strict=True, ge=20)] = 400
    """Steps after the burn-in; L is read at each, or, with batches, as often as costs a step."""
    num_burnin_steps: Count = 200
    """Steps before the first draw."""
    batch_size: Count = 512
    """Examples per gradient; the whole set when it is smaller. Keep nβ below it."""
    num_examples: Count = 4096
    """Examples L is measured on; the whole training split when it is smaller."""


Measurement = Annotated[Accuracy | Loss | Llc, Field(discriminator="kind")]
