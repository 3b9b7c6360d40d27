"""λ̂ out of the tidy results: readings by arm, and the differences between sides that are fair."""

from collections.abc import Mapping, Sequence
from itertools import product
from statistics import fmean
from typing import NamedTuple

from cpbench.records.llc import LlcContrast, LlcPoint
from cpbench.records.llc_curves import comparable
from cpbench.records.plans import Condition, told
from cpbench.records.results import Row
from cpbench.resolving import Study

_PREFIX = "llc_"
_PAIRED = ("", "no_deficit", "never_removed")
"""Runs with the totals of their condition; `schedule_only` begins late and is shorter."""


class Side(NamedTuple):
    """The runs that end at one cell of the sweep, by what tells them from those of other cells."""

    measurement: str
    arm: str
    control: str
    removal: int


def llc_points(study: Study) -> dict[str, tuple[LlcPoint, ...]]:
    """Return the readings of λ̂ by arm; a reading's numbers stand in rows of their own."""
    numbers: dict[Row, dict[str, float | None]] = {}
    for row in study.rows:
        field = row.name.removeprefix(_PREFIX)
        if field != row.name and field in LlcPoint.model_fields:
            numbers.setdefault(_reading(row), {})[field] = row.value
    points: dict[str, list[LlcPoint]] = {}
    for row in study.rows:
        if row.name == "llc":
            point = _point(study, row, numbers.get(_reading(row), {}))
            points.setdefault(row.arm, []).append(point)
    return {arm: tuple(sorted(each, key=_order)) for arm, each in points.items()}


def llc_contrasts(arm: str, points: Mapping[str, Sequence[LlcPoint]]) -> tuple[LlcContrast, ...]:
    """Return an arm's final λ̂ against its own no-deficit control and against the other arms.

    λ̂ follows the learning rate and the length of a training, so sides are compared only where
    both are equal, and only readings that passed the sampler's checks.

    Args:
        arm: Whose curve is compared.
        points: All readings of the protocol, by arm.
    """
    sides = _sides(points)
    return tuple(
        _contrast(sides[one], sides[other], other)
        for one, other in product(sorted(sides), sorted(sides))
        if one.arm == arm and not one.control and _is_answer(one, other)
    )


def _order(point: LlcPoint) -> tuple[str, str, int, int, int]:
    return point.measurement, point.control, point.removal, point.seed, point.epoch


def _reading(row: Row) -> Row:
    """Return what a reading's rows have in common."""
    return row._replace(name="", value=None, unit="", status="")


def _point(study: Study, row: Row, values: Mapping[str, float | None]) -> LlcPoint:
    impaired = values.get("impaired")
    condition = _condition(study, row)
    fields: dict[str, object] = {
        "measurement": row.measurement,
        "control": row.control,
        "removal": row.removal,
        "seed": row.seed,
        "at": row.at,
        "epoch": row.epoch,
        "llc": row.value,
        **values,
        "impaired": None if impaired is None else impaired > 0,
        "steps": told(condition.steps) if condition else None,
        "final_lr": told(condition.final_lr) if condition else None,
        "status": row.status,
    }
    return LlcPoint.model_validate(fields)


def _condition(study: Study, row: Row) -> Condition | None:
    """Return what a final reading's run was trained for: a control has the totals of its pair."""
    if row.at != "final" or row.control not in _PAIRED or row.arm not in study.series:
        return None
    conditions = study.series[row.arm].conditions
    return next((each for each in conditions if each.point == row.point), None)


def _sides(points: Mapping[str, Sequence[LlcPoint]]) -> dict[Side, dict[int, LlcPoint]]:
    """Return the final readings of each cell by seed."""
    sides: dict[Side, dict[int, LlcPoint]] = {}
    for arm, readings in points.items():
        for point in readings:
            if point.at == "final" and point.control in {"", "no_deficit"}:
                side = Side(point.measurement, arm, point.control, point.removal)
                sides.setdefault(side, {})[point.seed] = point
    return sides


def _is_answer(one: Side, other: Side) -> bool:
    """Return whether `other` answers what `one` would have been without its deficit, or another."""
    if (one.measurement, one.removal) != (other.measurement, other.removal) or not one.removal:
        return False
    return (one.arm == other.arm) == (other.control == "no_deficit")


def _contrast(
    one: Mapping[int, LlcPoint], other: Mapping[int, LlcPoint], against: Side
) -> LlcContrast:
    names = LlcContrast(
        measurement=against.measurement,
        removal=against.removal,
        other_arm=against.arm,
        other_control=against.control,
    )
    paired = [(one[seed], other[seed]) for seed in sorted(one.keys() & other.keys())]
    sound = [pair for pair in paired if all(point.status == "ok" for point in pair)]
    kept = [pair for pair in sound if comparable(*pair)]
    problem = _problem(paired) or _unlike(sound, kept)
    if problem:
        return names.model_copy(update={"problem": problem})
    gaps = [(mine.llc or 0.0) - (its.llc or 0.0) for mine, its in kept]
    found = {
        "mean": fmean(gaps),
        "low": min(gaps),
        "high": max(gaps),
        "n": len(gaps),
        "apart": sum(_is_apart(*pair) for pair in kept),
        "left_out": len(one.keys() | other.keys()) - len(kept),
    }
    return names.model_copy(update=found)


def _problem(pairs: Sequence[tuple[LlcPoint, LlcPoint]]) -> str:
    """Return in what the two trainings differ besides the deficit, or nothing."""
    # Settings of the plan, not measurements: they are equal exactly or not at all.
    if not pairs:
        return "no seed was read on both sides"
    for mine, its in pairs:
        if mine.steps is None or its.steps is None:
            return "the plan does not say how long they were trained"
        if mine.steps != its.steps:
            return f"trained for {mine.steps:,} and {its.steps:,} steps"
        if (mine.final_lr,) != (its.final_lr,):
            return f"final learning rates {mine.final_lr:.3g} and {its.final_lr:.3g}"
    return ""


def _unlike(sound: Sequence[object], kept: Sequence[object]) -> str:
    if not sound:
        return "in no seed did both readings pass the checks"
    return "" if kept else "read on different losses or under different settings"


def _is_apart(mine: LlcPoint, its: LlcPoint) -> bool:
    if mine.low is None or mine.high is None or its.low is None or its.high is None:
        return False
    return mine.low > its.high or its.low > mine.high
