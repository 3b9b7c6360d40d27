"""Measurements: what is read off the weights, when, and on which runs. They can move no weight."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

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
    curve: bool = True
    """Whether the curve itself is measured, or its controls alone."""

    @model_validator(mode="after")
    def _measures_something(self) -> Self:
        if not self.curve and not self.controls:
            raise ValueError("`curve: false` needs `controls`, or nothing would be measured")
        return self


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
    localization: Positive | None = None
    """γ, the pull towards w*; by default 8/(ε·burn-in), the weakest that equilibrates."""
    step_size: Positive | None = None
    """ε of the sampler; by default each checkpoint's own, from a ladder.

    One of `localization` and `step_size` must be written: readings compare at one γ only.
    """
    weight_decay: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    """Adds half of it times |w|² to L: what a net trained with that much weight decay minimises."""
    num_chains: Annotated[int, Field(strict=True, ge=2, le=256)] = 8
    """Independent chains, run as one batch."""
    num_draws: Annotated[int, Field(strict=True, ge=20)] = 600
    """Steps after the burn-in that are averaged."""
    num_burnin_steps: Count = 600
    """Steps before the first draw."""
    batch_size: Count = 512
    """Examples per gradient; the whole set when it is smaller. Keep nβ below it."""
    num_examples: Count = 4096
    """Examples L is measured on; the whole training split when it is smaller."""

    @model_validator(mode="after")
    def _fixes_the_pull(self) -> Self:
        if self.localization is None and self.step_size is None:
            raise ValueError(
                "write `localization` (γ) or `step_size` (ε): left to each checkpoint, γ would "
                "differ between readings, and they could not be compared; `cpbench.llc(model, …)` "
                "on the stiffest checkpoint finds both"
            )
        return self


Measurement = Annotated[Accuracy | Loss | Llc, Field(discriminator="kind")]
