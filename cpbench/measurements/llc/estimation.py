"""λ̂ of one or many models: calibrate, burn in, draw, check, draw on.

The headline is λ̂ − b̂, where λ̂ = nβ(E[L(w)] − L(w*)) is the mean over Langevin draws around w* and
b̂ = (ε/8)·nβ·E[ĝ·D] is what the finite step and the minibatch noise add to it; `docs/design/llc.md`
derives b̂.

Source: Lau et al. (2023), eq. 13.
"""

import hashlib
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from torch import Tensor

from cpbench.measurements.llc.backends import LossFunction, choose_backend
from cpbench.measurements.llc.calibration import NUM_RUNGS
from cpbench.measurements.llc.diagnosis import Finding
from cpbench.measurements.llc.live import num_live_weights
from cpbench.measurements.llc.losses import cross_entropy
from cpbench.measurements.llc.reading import Conditions, LLCReading, failed
from cpbench.measurements.llc.sampling import sample
from cpbench.measurements.llc.settings import Settings
from cpbench.measurements.llc.soundness import refusals
from cpbench.measurements.llc.surface import LossSurface, Point, device_memory
from cpbench.measurements.llc.surroundings import Surroundings, anchor

STATE_SHARE = 0.3
"""Of a GPU's whole memory that the states of all chains may take."""
NUM_STATES = 6
"""Copies of the state that a step holds: position, force, noise and the like."""
NUM_RETRIES = 3
BACK_OFF = 4.0
"""By what an automatic step that proved too large is divided."""


def estimate(
    points: Sequence[Point],
    settings: Settings,
    *,
    seeds: Sequence[int],
    batch_seed: int,
    loss: LossFunction = cross_entropy,
) -> list[LLCReading]:
    """Return λ̂ of each point; as many as fit into memory run as one program.

    Points that run together are drawn on together, so they stay comparable.

    Args:
        points: Models of one architecture at w*, each with equally many examples of equal shape;
            the models are left as they were, to the last bit.
        settings: What is given; the rest is calibrated, point by point.
        seeds: One per point, for its noise.
        batch_seed: For the batches, which all points share.
        loss: (outputs, targets) → the loss of each example, or their mean.

    Raises:
        UsageError: There is one example only and nβ is not given.
    """
    model, inputs, _ = points[0]
    backend = settings.backend or choose_backend(model, inputs, settings.batch_size)
    settings = replace(settings, nbeta=settings.nbeta_for(len(inputs)), backend=backend)
    size = _points_at_once(points[0], settings)
    readings: list[LLCReading] = []
    retries = NUM_RETRIES if settings.step_size is None else 0
    with _full_precision():
        for first in range(0, len(points), size):
            program = _Program(points[first : first + size], loss, batch_seed)
            readings += program.readings(settings, seeds[first : first + size], retries)
    return readings


class _Program(NamedTuple):
    """Some points that run together."""

    points: Sequence[Point]
    loss: LossFunction
    batch_seed: int

    def readings(self, settings: Settings, seeds: Sequence[int], retries: int) -> list[LLCReading]:
        """Return the readings; a step that was not given and proves too large is made smaller."""
        around = self._surroundings(settings, seeds)
        conditions = self._conditions(around, settings, seeds)
        refused = refusals(around)
        found = [] if all(refused) else sample(around, settings, conditions)
        return [
            failed(refusal, conditions[point])
            if refusal
            else self._reading(point, found[point], settings, seeds[point], retries)
            for point, refusal in enumerate(refused)
        ]

    def _reading(
        self, point: int, found: Finding, settings: Settings, seed: int, retries: int
    ) -> LLCReading:
        if not (found.outlook == "finer" and retries):
            return found.reading
        alone = self._replace(points=[self.points[point]])
        finer = replace(settings, step_size=found.reading.conditions.step_size / BACK_OFF)
        return alone.readings(finer, [seed], retries - 1)[0]

    def _surroundings(self, settings: Settings, seeds: Sequence[int]) -> Surroundings:
        picks = torch.Generator().manual_seed(self.batch_seed)
        surface = LossSurface(
            self.points,
            loss=self.loss,
            batch_size=settings.batch_size,
            backend=settings.backend or "vmap",
            generator=picks,
            weight_decay=settings.weight_decay,
        )
        device = surface.origin.device
        noise = [torch.Generator(device).manual_seed(seed) for seed in seeds]
        return Surroundings(surface, anchor(surface), settings.nbeta or 0.0, noise, picks)

    def _conditions(
        self, around: Surroundings, settings: Settings, seeds: Sequence[int]
    ) -> list[Conditions]:
        surface = around.surface
        errors = surface.loss_errors()
        live = num_live_weights(self.points[0].model, self.points[0].inputs)
        return [
            Conditions(
                nbeta=around.nbeta,
                localization=settings.localization or math.nan,
                step_size=settings.step_size or math.nan,
                num_chains=settings.num_chains,
                num_burnin_steps=settings.num_burnin_steps,
                num_draws=settings.num_draws,
                batch_size=min(settings.batch_size, surface.num_examples),
                num_examples=surface.num_examples,
                data=_sha256(self.points[index].inputs, self.points[index].targets),
                seed=seed,
                weight_decay=settings.weight_decay,
                backend=str(settings.backend),
                device=surface.origin.device.type,
                dtype=str(surface.origin.dtype).removeprefix("torch."),
                num_weights=surface.origin.shape[1],
                num_live_weights=live,
                loss=around.anchor.loss[index].item(),
                loss_se=errors[index].item(),
                gradient_norm=_norm(around.anchor.gradient[index]),
                weight_norm=_norm(surface.origin[index]),
                equilibration=math.nan,
            )
            for index, seed in enumerate(seeds)
        ]


def _points_at_once(point: Point, settings: Settings) -> int:
    """Return how many points run as one program.

    One on a CPU, where several are no faster; on a GPU as many as leave room for the loss.
    """
    device = point.inputs.device
    if device.type != "cuda":
        return 1
    num_weights = sum(each.numel() for each in point.model.parameters())
    num_batches = math.ceil(len(point.inputs) / settings.batch_size)
    rows = NUM_STATES * max(settings.num_chains, 2 * NUM_RUNGS) + num_batches
    memory = STATE_SHARE * device_memory(device)
    return max(1, int(memory // (4 * rows * num_weights + _num_bytes(point.inputs))))


@contextmanager  # pyright: ignore[reportDeprecated]
def _full_precision() -> Iterator[None]:
    """Turn TF32 off: λ̂ multiplies differences of losses by nβ."""
    backends: Any = torch.backends  # its types leave this part out
    held = (backends.cuda.matmul, backends.cudnn.conv)
    before = [each.fp32_precision for each in held]
    for each in held:
        each.fp32_precision = "ieee"
    try:
        yield
    finally:
        for each, precision in zip(held, before, strict=True):
            each.fp32_precision = precision


def _sha256(*tensors: Tensor) -> str:
    known = hashlib.sha256()
    for each in tensors:
        known.update(each.detach().cpu().contiguous().numpy().tobytes())
    return known.hexdigest()


def _num_bytes(tensor: Tensor) -> int:
    return tensor.numel() * tensor.element_size()


def _norm(tensor: Tensor) -> float:
    return tensor.square().sum(dtype=torch.float64).sqrt().item()
