"""Standings in the scores: forecasters over many claims, money over all bets, calibration."""

from typing import Literal

from pydantic import Field

from cpbench.specs.base import Spec


class Standing(Spec):
    """A forecaster over the claims of one table."""

    by: str
    n: int
    """Claims it answered that came out, in time."""
    offered: int = 0
    """Claims of the table that came out."""
    mean_brier: float | None = None
    """Over binary claims; lower is better."""
    mean_log_loss: float | None = None
    """Over binary and categorical claims, in nats; lower is better."""
    skill: float | None = None
    """1 − loss / loss of the baseline over all claims offered, abstentions at the baseline's."""
    skill_low: float | None = None
    skill_high: float | None = None
    """Central 90 % bootstrap interval over protocols; absent with too few."""
    peer: float | None = None
    """Mean peer score; higher is better, absent without another forecaster."""
    coverage: float | None = None
    """Share of numeric outcomes inside the stated central 80 % interval."""
    ambiguous: int = 0
    annulled: int = 0
    pending: int = 0
    late: int = 0


class Duel(Spec):
    """Two forecasters on the claims both answered."""

    one: str
    other: str
    wins: int
    """Claims on which `one` had the lower loss."""
    losses: int
    ties: int


class Standings(Spec):
    """A table of forecasters that had the same information."""

    table: Literal["people", "spec", "reference", "early", "retrospective"]
    baseline: str
    """What skill is measured against, in words."""
    rows: tuple[Standing, ...]
    duels: tuple[Duel, ...] = ()
    indistinguishable: tuple[tuple[str, ...], ...] = ()
    """Groups that forecast the same on every claim."""
    num_protocols: int
    """Protocols behind the claims that came out: claims on one share its data."""
    doubt: str = ""
    """Why nobody is ranked, if so: `too few`."""


class Balance(Spec):
    """What a party has won or lost over all bets that are made, in one currency."""

    party: str
    currency: str
    cents: int
    num_settled: int
    num_open: int
    """Made and not settled yet, or offered."""


class Bin(Spec):
    """Forecasts of about the same probability."""

    low: float
    high: float
    n: int
    mean_forecast: float | None = None
    hit_rate: float | None = None
    jeffreys: tuple[float, float] | None = None
    wilson: tuple[float, float] | None = None


class Calibration(Spec):
    """How often what was said with p came true, over people and theories alike."""

    bins: tuple[Bin, ...]
    n: int
    reliability: float | None = None
    resolution: float | None = None
    uncertainty: float | None = None
    """Murphy's (1973) decomposition; absent unless each bin holds one probability."""
    coverage: dict[str, float] = Field(default_factory=dict)
    """Numeric forecasts: stated central share to the share of outcomes inside."""
    num_numeric: int = 0
