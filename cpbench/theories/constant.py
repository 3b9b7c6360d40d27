"""Laws of one clock: every critical period ends where some clock shows the same.

    clock_s(end_s) = T for every series s

Where results of a series are declared as known, T is what its clock shows at its own end. Where
none are, T is drawn evenly on a log scale from what every sweep could show: that says nothing of
one end, and still orders two.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cpbench.quantities.resampling import View, resample
from cpbench.quantities.series import Floats
from cpbench.resolving.grounds import measure
from cpbench.specs.theories import LawSpec
from cpbench.theories.clocks import CLOCKS, Clock, Dial, dial_of
from cpbench.theories.context import AbstentionError, Context, Information, Side, name_of
from cpbench.theories.ends import AbstractEndTheory, Ends, Kind
from cpbench.theories.theory import NUM_DRAWS, Question

MIN_EXACT = 0.9
"""Share of a reference's bootstrap draws in which its end must be known to a point."""


class Reference(NamedTuple):
    """A series whose end is known."""

    side: Side
    epochs: Floats
    """Its end in each bootstrap draw of its seeds; shape [samples]."""


class Constant(AbstractEndTheory):
    """A law of one clock."""

    information: Information = "reference"

    def __init__(self, name: str, clock: Clock, summary: str, sd: float | None = None) -> None:
        """Name the law.

        Args:
            name: It forecasts under it.
            clock: What is the same at every end.
            summary: What it holds, in one line.
            sd: As for every theory of the end.
        """
        super().__init__(name, summary, sd)
        self.clock = clock

    def ends(self, kind: Kind, sides: Sequence[Side], question: Question, context: Context) -> Ends:
        """Return ends at which the clock shows the same as at the end of a reference.

        Raises:
            AbstentionError: All series are known, or the clock cannot tell removals apart.
        """
        known = {each.side: each.epochs for each in _references(kind, question, context)}
        unknown = [side for side in sides if side not in known]
        if not unknown:
            raise AbstentionError("every series it names is declared as known")
        dials = [dial_of(self.clock, side, context) for side in unknown]
        reading, note = self._reading(dials, _nearest(known, sides), question, context)
        found = {side: known[side] for side in sides if side in known}
        for side, dial in zip(unknown, dials, strict=True):
            found[side] = self.missed(side, dial.epochs_at(reading), question, context)
        return Ends(found, note)

    def _reading(
        self,
        dials: Sequence[Dial],
        reference: Reference | None,
        question: Question,
        context: Context,
    ) -> tuple[Floats, str]:
        """Return what the clock shows at every end, in each sample, and why."""
        if reference is not None:
            dial = dial_of(self.clock, reference.side, context)
            note = f"{self.clock.name} at the end as in {name_of(reference.side)}"
            return dial.at(reference.epochs), note
        ranges = [dial.range() for dial in dials]
        low, high = max(low for low, _ in ranges), min(high for _, high in ranges)
        if not low < high:
            raise AbstentionError(f"no {self.clock.name} is within the sweep of every series")
        spread = question.generator("reading").uniform(np.log(low), np.log(high), NUM_DRAWS)
        return np.exp(spread), f"{self.clock.name} the same at every end, not known where"


def law(spec: LawSpec) -> Constant:
    """Return the theory that a file writes down."""
    summary = spec.title or f"every critical period ends at the same {spec.of}"
    return Constant(spec.id, CLOCKS[spec.of], summary, spec.sd)


def _references(kind: Kind, question: Question, context: Context) -> list[Reference]:
    """Return the known series whose end the results tell, in one joint bootstrap."""
    rule = question.claim.resolution.on_divergence
    known = {
        side: each.settled(rule, kind.controls) for side, each in sorted(context.known().items())
    }
    samples = resample(
        [each.seeds for each in known.values()], question.seed("reference"), NUM_DRAWS
    )
    found: list[Reference] = []
    for side, series in known.items():
        views = {side: View(series, samples[series.seeds])}
        estimate = measure(kind.of(side), views)
        draws = samples[series.seeds].draws
        low, high = estimate.low[draws], estimate.high[draws]
        is_exact = np.isfinite(low) & (high - low <= 0)
        if estimate.status == "ok" and is_exact.mean() >= MIN_EXACT:
            found.append(Reference(side, np.where(is_exact, low, estimate.low[0])))
    return found


def _nearest(known: dict[Side, Floats], sides: Sequence[Side]) -> Reference | None:
    """Return the reference to go by: named in the claim, else of a named protocol, else any."""
    protocols = {protocol for protocol, _ in sides}
    order = sorted(known, key=lambda side: (side not in sides, side[0] not in protocols, side))
    return Reference(order[0], known[order[0]]) if order else None
