"""Tallies: which of the ways a claim can come out does so in each sample of seeds."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from cpbench.quantities import Flags, Samples
from cpbench.resolving.truth import Truth
from cpbench.specs.claims import OTHER


class Tally(NamedTuple):
    """A claim over samples; where no way is flagged it is not known how it comes out."""

    ways: Mapping[str, Flags]
    """`yes` and `no`, or every option; at most one is flagged in a sample."""
    counts: Flags
    """Samples that count: those in which the condition does not fail."""

    @property
    def is_binary(self) -> bool:
        """Whether it comes out yes or no; options always have `other` among them."""
        return OTHER not in self.ways

    def shares(self, rows: slice) -> dict[str, float] | None:
        """Return the share of each way among the defined samples of some rows, if there are any."""
        numbers = {way: int(flags[rows].sum()) for way, flags in self.ways.items()}
        defined = sum(numbers.values())
        if not defined:
            return None
        return {way: number / defined for way, number in numbers.items()}

    def undefined(self, rows: slice) -> float:
        """Return the share of the samples that count in which nothing is known."""
        counted = int(self.counts[rows].sum())
        defined = sum(int(flags[rows].sum()) for flags in self.ways.values())
        return 1 - defined / counted if counted else 1.0

    def way(self, row: int = 0) -> str | None:
        """Return how it comes out in one sample, by default the sample itself."""
        return next((way for way, flags in self.ways.items() if flags[row]), None)

    def sign_count(self, way: str, samples: Samples) -> str:
        """Return in how many single seeds it comes out one way, as `7 of 10`."""
        counted = int(self.counts[samples.singles].sum())
        number = int(self.ways[way][samples.singles].sum())
        return f"{number} of {counted}" if counted else ""


def tally_event(event: Truth, condition: Truth | None) -> Tally:
    """Return in which samples an event holds and in which it does not."""
    return _conditional({"yes": event.is_true, "no": event.is_false}, condition)


def tally_options(options: Sequence[tuple[str, Truth]], condition: Truth | None) -> Tally:
    """Return which option is the first that holds in each sample, `other` where none does.

    Where an option before it is not known, the first that holds is not known either.
    """
    ways: dict[str, Flags] = {}
    is_open = np.ones_like(options[0][1].is_true)
    for name, truth in options:
        ways[name] = is_open & truth.is_true
        is_open = is_open & truth.is_false
    return _conditional(ways | {OTHER: is_open}, condition)


def _conditional(ways: Mapping[str, Flags], condition: Truth | None) -> Tally:
    """Leave out the samples in which the condition fails; where it is unknown, so is the claim."""
    if condition is None:
        return Tally(ways, np.ones_like(next(iter(ways.values()))))
    kept = {way: flags & condition.is_true for way, flags in ways.items()}
    return Tally(kept, ~condition.is_false)
