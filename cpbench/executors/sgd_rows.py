"""Stochastic gradient descent over members whose parameters are one flat row each.

All rows move by three calls a step, each with its own numbers; torch's own optimizer takes one call
for every learning rate, and more than the products of a small net for its bookkeeping. The order of
the operations is torch's.

Source: Sutskever et al. (2013), §2, in torch.optim.SGD's convention.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from cpbench.executors.dense import Rows
from cpbench.executors.packs import Work
from cpbench.specs.training import Sgd

KEY = "momentum_buffer"


class SgdRows:
    """Steps the rows of those who work; all others stay as they are."""

    def __init__(self, weights: Rows, gradients: Rows) -> None:
        self._weights = weights
        self._gradients = gradients
        self._velocity = torch.zeros_like(weights.flat)
        self._has_velocity = [False] * len(weights.flat)
        self._rate, self._momentum, self._decay, self._nesterov = (
            torch.zeros(len(weights.flat), 1, device=weights.flat.device) for _ in range(4)
        )
        self._decays = self._is_nesterov = False
        self._resting: list[int] = []
        self._coasting: list[int] = []
        self._kept_weights: Tensor | None = None
        self._kept_velocity: Tensor | None = None
        self._settings: list[Sgd | None] = []

    def enter(self, slot: int, stored: Mapping[str, Tensor]) -> None:
        """Put a member's state, as `state` returns it, in place of whatever was there."""
        self._velocity[slot].zero_()
        self._has_velocity[slot] = bool(stored)
        for path, value in stored.items():
            span = self._weights.spans[path.rsplit("/", 1)[0]]
            self._velocity[slot, span].copy_(value.flatten())

    def begin(self, work: Mapping[int, Work]) -> None:
        """Turn to an epoch: take everyone's numbers, where they are not those of the last one."""
        count = len(self._has_velocity)
        settings = [_sgd(work[slot]) if slot in work else None for slot in range(count)]
        self._resting = [slot for slot in range(count) if slot not in work]
        # Who rests keeps all; who trains without momentum keeps the velocity of a phase before.
        self._coasting = [
            slot for slot, each in enumerate(settings) if each is None or each.momentum <= 0
        ]
        self._kept_weights = self._weights.flat[self._resting] if self._resting else None
        self._kept_velocity = self._velocity[self._coasting] if self._coasting else None
        for slot, each in enumerate(settings):
            self._has_velocity[slot] |= each is not None and each.momentum > 0
        if settings != self._settings:
            self._take(settings)
            self._settings = settings

    def _take(self, settings: list[Sgd | None]) -> None:
        for column, name in (
            (self._rate, "lr"),
            (self._momentum, "momentum"),
            (self._decay, "weight_decay"),
            (self._nesterov, "nesterov"),
        ):
            values = [0.0 if each is None else float(getattr(each, name)) for each in settings]
            column.copy_(torch.tensor(values)[:, None])
        self._rate.neg_()
        self._decays = any(each is not None and each.weight_decay > 0 for each in settings)
        self._is_nesterov = any(each is not None and each.nesterov for each in settings)

    def step(self) -> None:
        """Move the weights of everyone at work."""
        weights, gradients, velocity = self._weights.flat, self._gradients.flat, self._velocity
        if self._decays:
            gradients.addcmul_(weights, self._decay)
        velocity.mul_(self._momentum).add_(gradients)
        if self._is_nesterov:
            ahead = torch.addcmul(gradients, velocity, self._momentum)
            weights.addcmul_(torch.where(self._nesterov > 0, ahead, velocity), self._rate)
        else:
            weights.addcmul_(velocity, self._rate)

    def end(self) -> None:
        """Close an epoch: give back what was to be kept."""
        if self._kept_weights is not None:
            self._weights.flat[self._resting] = self._kept_weights
        if self._kept_velocity is not None:
            self._velocity[self._coasting] = self._kept_velocity

    def state(self, slot: int) -> dict[str, Tensor]:
        """Return a copy of a member's state, on the CPU, as `<parameter>/<key>`."""
        if not self._has_velocity[slot]:
            return {}
        row = self._velocity[slot]
        return {
            f"{name}/{KEY}": row[span].view(self._weights.shapes[name]).to("cpu", copy=True)
            for name, span in self._weights.spans.items()
        }


def _sgd(work: Work) -> Sgd:
    optimizer = work.settings.update.optimizer
    if not isinstance(optimizer, Sgd):
        raise TypeError(f"{optimizer.kind} in a pack of sgd")
    return optimizer
