"""What a theory may look at: a context holds only what its information set allows.

`spec`: the protocols as written. `reference`: also results declared as known, and how other claims
came out. `early`: also what was read under the deficit up to epoch k.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from cpbench.quantities.series import Series
from cpbench.records.plans import Condition, Plan
from cpbench.records.results import Row
from cpbench.records.scores import Outcome

Information = Literal["spec", "reference", "early"]
Side = tuple[str, str]
"""Protocol and arm."""

EARLY_EPOCHS = 100
"""k: the same for every theory, so that those with early readings can be compared."""


class AbstentionError(Exception):
    """A theory has nothing to say about a claim; the message says why."""


class Past(NamedTuple):
    """A claim about other protocols that came out."""

    type: str
    outcome: Outcome
    protocols: tuple[str, ...]


class Sources(NamedTuple):
    """All there is for one claim; a theory never holds it."""

    curves: Mapping[Side, tuple[Condition, ...]]
    """Conditions of every series that may be looked up, by removal."""
    known: Mapping[Side, Series]
    """Series whose results were declared as known."""
    known_rows: tuple[Row, ...]
    early_rows: tuple[Row, ...]
    past: Callable[[], Sequence[Past]]
    digests: Mapping[str, str]
    """SHA-256 of the results of every protocol that has some."""


class Context:
    """The door through which a theory sees, and a list of what went through it."""

    def __init__(self, information: Information, sources: Sources) -> None:
        is_reference = information == "reference"
        rows = {"reference": sources.known_rows, "early": sources.early_rows}
        self._curves = sources.curves
        self._known: Mapping[Side, Series] = sources.known if is_reference else {}
        self._rows = rows.get(information, ())
        self._past = sources.past if is_reference else _nothing
        self._digests = sources.digests
        self._information: Information = information
        self._shown: set[str] = set()

    def curve(self, side: Side) -> tuple[Condition, ...]:
        """Return what is planned for each removal epoch of a series, in order.

        Raises:
            AbstentionError: There is no such series.
        """
        if not self._curves.get(side):
            raise AbstentionError(f"{name_of(side)} has no removal epochs")
        return self._curves[side]

    def known(self) -> Mapping[Side, Series]:
        """Return the series whose results were declared as known."""
        self._shown.update(protocol for protocol, _ in self._known)
        return self._known

    def rows(self) -> tuple[Row, ...]:
        """Return single readings: of known series, or early ones of the claim's own."""
        self._shown.update(row.protocol for row in self._rows)
        return self._rows

    def past(self) -> Sequence[Past]:
        """Return how claims about other protocols came out."""
        found = self._past()
        self._shown.update(name for each in found for name in each.protocols)
        return found

    @property
    def shown(self) -> dict[str, str]:
        """Protocol to SHA-256 of its results, of all that was looked at so far."""
        return {name: self._digests[name] for name in sorted(self._shown)}

    @property
    def used(self) -> Information:
        """The information set that the forecast belongs to: without results, it is `spec`."""
        return self._information if self._shown else "spec"


def early(plan: Plan, rows: Iterable[Row]) -> tuple[Row, ...]:
    """Return the readings that tell nothing of how a run ended.

    Up to epoch k, up to the removal, and never the last state of a run: where the deficit is never
    removed or removed at the very end, that state is the outcome.
    """
    totals = {(each.arm, each.control, each.point): each.epochs for each in plan.conditions}
    return tuple(
        row
        for row in rows
        if row.at != "final"
        and row.epoch <= min(EARLY_EPOCHS, row.removal)
        and row.epoch < totals.get((row.arm, row.control, row.point), 0)
    )


def _nothing() -> tuple[Past, ...]:
    return ()


def name_of(side: Side) -> str:
    """Return a series as a claim writes it."""
    protocol, arm = side
    return protocol if arm == "main" else f"{protocol}.{arm}"
