"""Confounds of λ̂: it follows the learning rate and the length of a training, deficit or not."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from cpbench.claims import Call
from cpbench.quantities import Series
from cpbench.records.plans import Condition
from cpbench.resolving import Evidence
from cpbench.specs.quantities import AT_REMOVAL

PREFIX = "llc"
_TRAINED: Mapping[str, tuple[str, str]] = {
    "final": ("steps", "final_lr"),
    "removal": ("steps_at_removal", "lr_at_removal"),
}
"""When λ̂ is read: the fields of a condition that say how long and how hot the training was."""


class _Reading(NamedTuple):
    """One λ̂ that a claim rests on."""

    call: Call
    series: Series
    at: str
    condition: Condition

    @property
    def trained(self) -> tuple[str, str]:
        """Steps and learning rate, in words that are equal when the trainings are."""
        return _trained(self.condition, self.at)


def llc_confounds(calls: Sequence[Call], evidence: Evidence) -> Iterator[str]:
    """Yield where λ̂ is compared across trainings that differ, or with nothing harmless beside.

    Args:
        calls: What the claim names.
        evidence: What there is; calls whose plan is not there yet are passed over.
    """
    readings = [each for call in calls for each in _readings(call, evidence)]
    # Along a sweep λ̂ at the removal is of unequal trainings by its nature: that is what is asked.
    compared = [each for each in readings if each.at == "final" or each.call.quantity == "metric"]
    yield from _unequal(compared)
    alone = (each.call.text for each in readings if not _has_control(each, evidence))
    for text in dict.fromkeys(alone):
        yield (
            f"λ̂: no other arm was read as {text} was, after an equal training; a harmless deficit "
            "may move it as much"
        )


def _unequal(readings: Sequence[_Reading]) -> Iterator[str]:
    for index, words in enumerate(("after unequal numbers of steps", "at unequal learning rates")):
        if len({each.trained[index] for each in readings}) > 1:
            listed = (
                f"{each.series.name} at removal {each.condition.removal} {each.trained[index]}"
                for each in _ends(readings)
            )
            said = ", ".join(dict.fromkeys(listed))
            yield f"λ̂ is compared {words}, which move it by themselves: {said}"


def _ends(readings: Sequence[_Reading]) -> list[_Reading]:
    """Return the first and last cell of each series: a sweep has too many to list."""
    cells: dict[str, list[_Reading]] = {}
    for each in readings:
        cells.setdefault(each.series.name, []).append(each)
    return [each for found in cells.values() for each in (found[0], found[-1])]


def _readings(call: Call, evidence: Evidence) -> Iterator[_Reading]:
    arguments = dict(call.arguments)
    study = evidence.get(call.protocol)
    series = study.series.get(call.arm) if study else None
    names = [str(arguments[key]) for key in ("name", "x", "y", "given") if key in arguments]
    named = [name for name in names if name.startswith(PREFIX)]
    if series is None or not named:
        return
    for name in named:
        at = "removal" if name.endswith(AT_REMOVAL) else str(arguments.get("at", "final"))
        read = _removals_read(series, at)
        for condition in series.conditions:
            if condition.removal in read and condition.removal == arguments.get(
                "removal", condition.removal
            ):
                yield _Reading(call, series, at, condition)


def _has_control(reading: _Reading, evidence: Evidence) -> bool:
    """Return whether λ̂ of another arm, trained alike, was read at the same place."""
    removal = reading.condition.removal
    return any(
        condition.removal == removal and _trained(condition, reading.at) == reading.trained
        for arm, other in evidence[reading.series.protocol].series.items()
        if arm != reading.series.arm and removal in _removals_read(other, reading.at)
        for condition in other.conditions
    )


def _removals_read(series: Series, at: str) -> set[int]:
    return {
        row.removal
        for row in series.rows
        if row.name == PREFIX and row.at == at and row.value is not None
    }


def _trained(condition: Condition, at: str) -> tuple[str, str]:
    steps, rate = (getattr(condition, field) for field in _TRAINED[at])
    return f"{steps:,}", f"{rate:.6g}"
