"""Local learning coefficient: λ̂ = nβ (E[L(w)] − L(w*)), the mean over Langevin draws around w*.

The headline `llc` is λ̂ − b̂, where b̂ = (ε/8)·nβ·E[ĝ·D] is what the finite step and the minibatch
noise add to λ̂. A reading is never a bare number: it is ok, flagged with reasons, or failed.
`docs/design/llc.md` derives b̂ and says where the thresholds come from.

Source: Lau et al. (2023), eq. 13; split R-hat: Gelman et al. (2013), §11.4.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from cpbench.errors import SpecError
from cpbench.measurements.chain_statistics import (
    Draws,
    batch_error,
    chain_error,
    effective_draws,
    split_r_hat,
)
from cpbench.measurements.loss_surface import LossFunction, LossSurface
from cpbench.measurements.sgld import Trace, sample
from cpbench.specs.measurements import Llc

MIN_EQUILIBRATION = 4.0
MAX_R_HAT = 1.1
MAX_BIAS_SHARE = 0.3
MAX_GAP_SHARE = 0.15
MAX_DRIFT_SHARE = 0.05
MAX_LINEAR_SHARE = 0.25
MIN_ERRORS_FROM_ZERO = 2
MIN_ERRORS_APART = 3
"""Standard errors: above, λ̂ from zero; here, two halves of the draws or chains from each other."""


class Conditions(NamedTuple):
    """What λ̂ is measured under, known before any chain runs."""

    nbeta: float
    num_examples: int
    num_weights: int
    loss: float
    """L(w*) on all examples."""
    gradient_norm: float
    """|∇L(w*)|."""
    weight_norm: float
    """|w*|."""
    equilibration: float
    """εγT/2 of the burn-in: over how many time constants the localizer forgets the start."""


class Diagnostics(NamedTuple):
    """What the chains say about λ̂."""

    r_hat: float
    ess: float
    """Independent draws that the correlated ones are worth."""
    cold: float
    """λ̂ of the chains that began at w*."""
    hot: float
    """λ̂ of the chains that began at w* + N(0, I/γ)."""
    drift: float
    """λ̂ of the second half of the draws minus that of the first."""
    linear_term: float
    """nβ·∇L(w*)·E[w − w*]: far below zero where w* is no minimum."""
    variance_share: float
    """Var(U)/λ̂ of U = nβ(L(w) − L(w*)); below 1, λ̂ still grows with nβ."""
    distance: float
    """Root mean square of |w − w*|."""
    batch_se: float
    """Standard error of λ̂ − b̂ by batch means within chains."""


class LlcReading(NamedTuple):
    """One λ̂ with all that must accompany it; absent numbers mean that it failed."""

    llc: float | None
    """λ̂ − b̂: the point estimate."""
    llc_raw: float | None
    """λ̂."""
    llc_bias: float | None
    """b̂; [λ̂ − b̂, λ̂] brackets the value at ε → 0."""
    llc_se: float | None
    """Standard error of λ̂ − b̂: the larger of that between chains and by batch means."""
    status: str
    """`ok`, `flagged(reason; …)` or `failed(reason)`."""
    conditions: Conditions
    diagnostics: Diagnostics | None


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the cross-entropy of each example, in nats."""
    return functional.cross_entropy(logits, labels, reduction="none")


def estimate(
    model: nn.Module,
    inputs: Tensor,
    targets: Tensor,
    settings: Llc,
    *,
    generator: torch.Generator,
    loss: LossFunction = cross_entropy,
) -> LlcReading:
    """Return the local learning coefficient of a model at its present weights.

    Args:
        model: Any module; it is left as it was, to the last bit.
        inputs: All that L is measured on, augmented and normalised, on the model's device.
        targets: As the loss takes them.
        settings: The sampler's settings.
        generator: All of the randomness: equal seeds give equal bits.
        loss: (outputs, targets) → the loss of each example, or their mean.

    Raises:
        SpecError: There is one example only and nβ is not given.
    """
    nbeta = settings.nbeta if settings.nbeta is not None else _default_nbeta(len(inputs))
    surface = LossSurface(model, inputs, targets, loss=loss, chunk_size=settings.batch_size)
    anchor = surface.slopes(surface.origin[None])
    conditions = Conditions(
        nbeta=nbeta,
        num_examples=len(inputs),
        num_weights=len(surface.origin),
        loss=anchor.losses.item(),
        gradient_norm=_norm(anchor.gradients),
        weight_norm=_norm(surface.origin),
        equilibration=settings.step_size * settings.localization * settings.num_burnin_steps / 2,
    )
    if not math.isfinite(conditions.loss + conditions.gradient_norm):
        return _failed("loss or gradient at the weights is not finite", conditions)
    trace = sample(surface, anchor, settings, nbeta, generator)
    num_lost = settings.num_chains - trace.num_finite
    if num_lost > 0:
        return _failed(f"{num_lost} of {settings.num_chains} chains diverged", conditions)
    excess = nbeta * (trace.losses - anchor.losses)
    if not excess.var(0).mean().item() > 0:
        return _failed("the loss does not depend on the weights", conditions)
    return _reading(excess, trace.bias, conditions, _diagnose(excess, trace, nbeta))


def _default_nbeta(num_examples: int) -> float:
    """Return n / ln n. Source: Watanabe (2013)."""
    if num_examples <= 1:
        raise SpecError("measurement llc: nbeta has no default for a single example: write it")
    return num_examples / math.log(num_examples)


def _failed(reason: str, conditions: Conditions) -> LlcReading:
    return LlcReading(None, None, None, None, f"failed({reason})", conditions, None)


def _diagnose(excess: Draws, trace: Trace, nbeta: float) -> Diagnostics:
    half = len(excess) // 2
    corrected = excess - trace.bias
    return Diagnostics(
        r_hat=split_r_hat(excess),
        ess=effective_draws(corrected),
        cold=excess[:, : trace.num_cold].mean().item(),
        hot=excess[:, trace.num_cold :].mean().item(),
        drift=(excess[-half:].mean() - excess[:half].mean()).item(),
        linear_term=nbeta * trace.linear.mean().item(),
        variance_share=(excess.var() / excess.mean()).item(),
        distance=trace.distance.square().mean().sqrt().item(),
        batch_se=batch_error(corrected),
    )


def _reading(
    excess: Draws, bias: Draws, conditions: Conditions, diagnostics: Diagnostics
) -> LlcReading:
    raw, shift = excess.mean().item(), bias.mean().item()
    se = max(chain_error(excess - bias), diagnostics.batch_se)
    reasons = _reasons(raw, shift, se, conditions.equilibration, diagnostics)
    status = f"flagged({'; '.join(reasons)})" if reasons else "ok"
    return LlcReading(raw - shift, raw, shift, se, status, conditions, diagnostics)


def _reasons(
    raw: float, bias: float, se: float, equilibration: float, found: Diagnostics
) -> list[str]:
    """Return why the reading must not be taken at face value, worst first."""
    scale = abs(raw)
    # Both halves of the chains, and of the draws, have twice the variance of the whole: their
    # difference has twice its error.
    noise = MIN_ERRORS_APART * 2 * found.batch_se
    gap, drift = abs(found.hot - found.cold), abs(found.drift)
    is_no_minimum = -found.linear_term > MAX_LINEAR_SHARE * scale
    rules = {
        "not positive": min(raw, raw - bias) <= 0,
        "not at a local minimum": is_no_minimum,
        "within two standard errors of zero": raw - bias < MIN_ERRORS_FROM_ZERO * se,
        "step or minibatch bias over 30 %": abs(bias) > MAX_BIAS_SHARE * scale,
        "hot and cold chains differ": gap > max(MAX_GAP_SHARE * scale, noise),
        "R-hat over 1.1": found.r_hat > MAX_R_HAT,
        "drifts from half to half": drift > max(MAX_DRIFT_SHARE * scale, noise),
        "burn-in too short for the localizer": equilibration < MIN_EQUILIBRATION,
    }
    return [reason for reason, applies in rules.items() if applies]


def _norm(tensor: Tensor) -> float:
    return tensor.square().sum(dtype=torch.float64).sqrt().item()
