"""Readings, `artifacts/readings/<protocol>/<measurement>.json`: what an instrument gave.

Deterministic.
"""

from pathlib import Path

from pydantic import Field

from cpbench.records.files import read_record, to_json, write_text
from cpbench.specs.base import Spec


class Quantity(Spec):
    """One number with its unit; absent when there is none, and the reading's status says why."""

    value: float | None = None
    unit: str


class Reading(Spec):
    """All that one measurement gave for one run at one moment."""

    arm: str
    control: str
    point: str
    seed: int
    at: str
    """`removal`, `final` or `every`."""
    epoch: int
    state: str
    """Digest of the weights it was taken on."""
    status: str
    """`ok`, `flagged(…)`, `failed(…)` or `diverged`."""
    values: dict[str, Quantity]
    notes: dict[str, str | float | bool] = Field(default_factory=dict)
    """Settings and diagnostics that go with the numbers."""


class Readings(Spec):
    """All readings of one measurement of one protocol."""

    protocol: str
    digest: str
    measurement: str
    settings: str
    """Digest of the measurement's settings."""
    numerics: dict[str, str]
    readings: tuple[Reading, ...]


def readings_path(folder: Path, measurement: str) -> Path:
    """Return where a measurement's readings lie."""
    return folder / f"{measurement}.json"


def write_readings(folder: Path, readings: Readings) -> None:
    """Write a measurement's readings."""
    write_text(readings_path(folder, readings.measurement), to_json(readings.json_value()))


def read_readings(folder: Path, measurement: str) -> Readings:
    """Return a measurement's readings.

    Raises:
        EvidenceError: They are missing or unreadable.
    """
    return read_record(Readings, readings_path(folder, measurement), stage=f"measure@{folder.name}")
