"""Which readings of λ̂ may stand on one curve or be compared: decided here and nowhere else."""

from collections.abc import Iterable
from itertools import groupby
from typing import NamedTuple

from cpbench.records.llc import LlcPoint


class Settings(NamedTuple):
    """Of which loss λ̂ was read, and how.

    These are written settings, not measurements, so they are equal exactly or not at all.
    """

    measurement: str
    impaired: bool
    nbeta: float
    localization: float
    batch_size: int
    num_draws: int


class Story(NamedTuple):
    """Readings that follow each other along an axis: over removals, or over the epochs of a run."""

    measurement: str
    arm: str
    control: str
    seed: int
    at: str
    removal: int | None
    """Of the run, where the axis is its epochs."""


def settings_of(point: LlcPoint) -> Settings | None:
    """Return what a reading was taken under, or nothing where it does not say all of it."""
    impaired, nbeta, localization = point.impaired, point.nbeta, point.localization
    batch_size, num_draws = point.batch_size, point.num_draws
    if impaired is None or nbeta is None or localization is None:
        return None
    if batch_size is None or num_draws is None:
        return None
    return Settings(point.measurement, impaired, nbeta, localization, batch_size, num_draws)


def comparable(one: LlcPoint, other: LlcPoint) -> bool:
    """Return whether two readings are of one loss, under the same settings, and both numbers."""
    settings = settings_of(one)
    known = one.llc is not None and other.llc is not None
    return known and settings is not None and settings == settings_of(other)


def story_of(arm: str, point: LlcPoint) -> Story:
    """Return which readings a reading may follow."""
    run = point.removal if point.at == "every" else None
    return Story(point.measurement, arm, point.control, point.seed, point.at, run)


def curves(arm: str, points: Iterable[LlcPoint]) -> tuple[tuple[LlcPoint, ...], ...]:
    """Return the readings of an arm as curves that may be drawn as one line each.

    A curve is cut where the loss or a setting changes and where a reading failed: what lies on two
    sides of a gap is not joined.
    """
    found: list[list[LlcPoint]] = []
    ordered = sorted(points, key=lambda point: (story_of(arm, point)[:-1], _place(point)))
    for _, story in groupby(ordered, key=lambda point: story_of(arm, point)):
        before: LlcPoint | None = None
        for point in story:
            if before is not None and comparable(before, point):
                found[-1].append(point)
            else:
                found.append([point])
            before = point
    return tuple(map(tuple, found))


def _place(point: LlcPoint) -> tuple[int, int]:
    return point.removal, point.epoch
