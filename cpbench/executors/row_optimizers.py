"""One of torch's fused optimizers over members whose parameters are one flat row each.

Every member has its own settings and its own state, which is taken apart into that of the model's
parameters when it is stored: what one executor leaves another takes up.
"""

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn

from cpbench.executors.dense import Rows
from cpbench.executors.packs import Work
from cpbench.executors.sgd_rows import SgdRows
from cpbench.specs.training import Optimizer, Sgd, Update
from cpbench.training.optimizers import adjust, make_optimizer


class RowOptimizer:
    """Steps the rows of those who work; all others stay as they are.

    Args:
        weights: What it moves, in place.
        gradients: Where it finds their gradients at every step.
        spec: An optimizer of the members' kind; its numbers are set anew in every epoch.
    """

    def __init__(self, weights: Rows, gradients: Rows, spec: Optimizer) -> None:
        self._weights = weights
        self._rows = [nn.Parameter(row) for row in weights.flat]
        for row, gradient in zip(self._rows, gradients.flat, strict=True):
            row.grad = gradient
        self._optimizer = make_optimizer(nn.ParameterList(self._rows), spec)
        self._group = self._optimizer.param_groups[0]

    def enter(self, slot: int, stored: Mapping[str, Tensor]) -> None:
        """Put a member's state, as `state` returns it, in place of whatever was there."""
        self._optimizer.state[self._rows[slot]] = self._joined(stored)

    def begin(self, work: Mapping[int, Work]) -> None:
        """Turn to an epoch: put members with equal settings into one group, as each costs a call.

        Torch wants those at their very first step, which have no state yet, by themselves.
        """
        members: dict[tuple[Update, bool], list[nn.Parameter]] = {}
        for slot, each in work.items():
            row = self._rows[slot]
            key = (each.settings.update, bool(self._optimizer.state.get(row)))
            members.setdefault(key, []).append(row)
        groups: list[dict[str, object]] = []
        for (update, _), rows in members.items():
            self._optimizer.param_groups = [{**self._group, "params": rows}]
            adjust(self._optimizer, update)
            groups += self._optimizer.param_groups
        self._optimizer.param_groups = groups

    def step(self) -> None:
        """Move the weights of everyone at work."""
        self._optimizer.step()

    def end(self) -> None:
        """Close an epoch; there is nothing to give back."""

    def state(self, slot: int) -> dict[str, Tensor]:
        """Return a copy of a member's state, on the CPU, as `<parameter>/<key>`."""
        return dict(self._split(self._optimizer.state[self._rows[slot]]))

    def _split(self, state: Mapping[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
        """Yield a row's state as if every parameter had one of its own.

        Yields:
            `<parameter>/<key>` and its tensor.
        """
        for key, value in state.items():
            for name, span in self._weights.spans.items():
                own = value if value.dim() == 0 else value[span].view(self._weights.shapes[name])
                yield f"{name}/{key}", own.detach().to("cpu", copy=True)

    def _joined(self, stored: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return what `_split` took apart."""
        state: dict[str, Tensor] = {}
        for path, value in stored.items():
            name, key = path.rsplit("/", 1)
            if value.dim() == 0:
                state[key] = value.to(self._weights.flat.device, copy=True)
            else:
                row = state.setdefault(key, torch.zeros_like(self._weights.flat[0]))
                row[self._weights.spans[name]] = value.flatten().to(row.device)
        return state


def row_optimizer(weights: Rows, gradients: Rows, spec: Optimizer) -> RowOptimizer | SgdRows:
    """Return the optimizer of so many rows: our own where it is faster, or else torch's."""
    if isinstance(spec, Sgd):
        return SgdRows(weights, gradients)
    return RowOptimizer(weights, gradients, spec)
