"""Sound models for sabotage, each with what λ̂ ought to be."""

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import nn

from benchmarks.llc.density import Task
from benchmarks.llc.known import known
from benchmarks.llc.linear_nets import Net, Problem, problem
from benchmarks.llc.mala import Length, references
from benchmarks.llc.mlp import EPOCHS, digits, net
from benchmarks.llc.nets import Examples, trained
from cpbench.api import llc
from cpbench.measurements.llc.losses import cross_entropy
from cpbench.measurements.llc.reading import Conditions, LLCReading

SEED = 20262
LOCALIZATION = 100.0
"""γ of the dense net."""
AMPLE = 2
"""γ of a linear net over the one it asks for: else a burn-in a little short would hide the rest."""
LENGTH = Length(num_steps=3000, num_warmup_steps=1000, num_chains=4)
LINEAR_NETS = (((4, 4, 4), 2), ((6, 5, 4, 5, 6), 3))

Right = Callable[[Conditions], float | None]
"""What λ̂ ought to be under the conditions of a reading; None where nothing is right."""


class Base(NamedTuple):
    """A sound model, and the γ that suits it."""

    name: str
    model: nn.Module
    examples: Examples
    loss: str
    right: Right
    localization: float

    def read(self, model: nn.Module | None = None, **changes: Any) -> LLCReading:  # noqa: ANN401
        """Return λ̂ of a model with the examples, loss and γ of this one, but for the changes."""
        given: dict[str, Any] = {"loss": self.loss, "localization": self.localization}
        examples = changes.pop("examples", self.examples)
        return llc(model or self.model, *examples, seed=SEED, **(given | changes))


def linear_nets() -> Iterator[Base]:
    """Yield deep linear teachers on noisy data, of which Gibbs sampling knows λ̂."""
    for widths, rank in LINEAR_NETS:
        made = problem(Net(widths, rank, SEED), noise=1.0)
        examples = Examples(made.inputs, made.targets)
        name = "linear " + "-".join(map(str, widths))
        gamma = AMPLE * llc(made.model, *examples, "squared_error").conditions.localization
        yield Base(name, made.model, examples, "squared_error", partial(_exact, made), gamma)


def _exact(made: Problem, conditions: Conditions) -> float:
    return made.exact(conditions.nbeta, conditions.localization).llc


def dense_net() -> Base:
    """Return a dense net on digits, well trained, of which a long run of MALA knows λ̂."""
    model = trained(net(), digits(), EPOCHS[-1:], SEED)[0]
    nbeta = len(digits().inputs) / math.log(len(digits().inputs))
    task = Task(*digits(), cross_entropy, nbeta, LOCALIZATION)
    make = partial(references, [model], task, LENGTH, torch.Generator().manual_seed(SEED))
    exact = known("sabotage", [model], task, LENGTH, make)[0]
    right = constant(exact.llc)
    return Base("dense", model, digits(), "cross_entropy", right, LOCALIZATION)


def constant(value: float | None) -> Right:
    """Return a right value that does not depend on the conditions."""

    def right(_: Conditions) -> float | None:
        return value

    return right
