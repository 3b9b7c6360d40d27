"""What a theory is: a forecaster that is a program, with a name and a declared information set."""

from typing import NamedTuple, Protocol

import numpy as np

from cpbench.claims.statements import Statements
from cpbench.claims.syntax import Call
from cpbench.digests import digest
from cpbench.seeds import derive_seed
from cpbench.specs.claims import Claim
from cpbench.specs.forecasts import ForecastSpec
from cpbench.theories.context import Context, Information

NUM_DRAWS = 4000
"""Joint samples behind a forecast: a share of them is within 0.016 of its limit (two SE)."""
SEED_DIGITS = 16
"""Hex digits of a digest that seed a generator."""


class Question(NamedTuple):
    """A claim as it is put to theories."""

    claim: Claim
    hash: str
    """Of its meaning, resolution and protocols."""
    statements: Statements

    @property
    def calls(self) -> tuple[Call, ...]:
        """Every quantity it names."""
        return self.statements.calls

    def seed(self, purpose: str) -> int:
        """Return a seed for one purpose.

        It rests on the claim and not on the theory: theories that expect the same then draw the
        same numbers, and are found to be indistinguishable.
        """
        return int(digest([self.hash, purpose])[:SEED_DIGITS], 16)

    def generator(self, purpose: str) -> np.random.Generator:
        """Return a generator of random numbers for one purpose."""
        return np.random.default_rng(derive_seed(self.seed(purpose), "bootstrap"))


class Theory(Protocol):
    """A machine forecaster; a plug-in is a class of this form that is called without arguments."""

    @property
    def name(self) -> str:
        """An identifier; it forecasts under it."""
        ...

    @property
    def version(self) -> str:
        """Raised by hand whenever it would forecast anything else."""
        ...

    @property
    def information(self) -> Information:
        """The most it may look at; what it did look at is registered with each forecast."""
        ...

    @property
    def summary(self) -> str:
        """What it holds, in one line."""
        ...

    def forecast(self, question: Question, context: Context) -> ForecastSpec:
        """Return what it expects of a claim.

        Raises:
            AbstentionError: It has nothing to say about this claim.
        """
        ...
