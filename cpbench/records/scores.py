"""What the judge found, `reports/scores.json`: the only thing about results that the report reads.

All probabilities lie in [0, 1]; all money is in integer cents. `low` and `high` bound a central
90 % seed-bootstrap interval; an absent bound is infinite on that side.
"""

from pathlib import Path
from typing import Literal

from cpbench.records.files import read_record
from cpbench.records.llc import LlcContrast, LlcPoint
from cpbench.specs.base import Spec

QuantityStatus = Literal["ok", "left_censored", "right_censored", "no_drop", "missing", "invalid"]
OutcomeState = Literal["yes", "no", "ambiguous", "annulled", "pending"]


class Value(Spec):
    """A quantity's value: an interval with a status, never a bare float."""

    expr: str
    """As written in the claim, or `end(protocol.arm)` in a summary."""
    value: float | None = None
    bound: float | None = None
    """Of a censored value, on the sample itself: what it is at least, or at most."""
    low: float | None = None
    high: float | None = None
    unit: str
    status: QuantityStatus
    n_seeds: int
    note: str = ""
    """What a reader must know, such as `estimates disagree` or `no end by 480`."""


class Point(Spec):
    """A mean over seeds at one removal epoch."""

    removal: int
    mean: float
    low: float
    high: float
    n: int
    steps: int
    """Optimizer steps before the removal."""
    lr_steps_left: float
    """Σ lr over the steps after the removal."""


class Series(Spec):
    """All the judge knows of one arm of one protocol."""

    protocol: str
    arm: str
    metric: str
    curve: tuple[Point, ...]
    """Accuracy in percent by removal epoch."""
    no_deficit: tuple[Point, ...] = ()
    never_removed: tuple[Point, ...] = ()
    schedule_only: tuple[Point, ...] = ()
    train: tuple[Point, ...] = ()
    """Clean training accuracy of the curve, in percent: the convergence gate."""
    damage: tuple[Point, ...] = ()
    """no_deficit − curve, paired by seed, in percentage points."""
    drop: Value
    """Curve at its first removal minus its last, paired by seed, in percentage points."""
    drop_z: float | None = None
    """Mean of the paired drop over its standard error."""
    quantities: tuple[Value, ...]
    """baseline, plateau, never, half, and end by every estimator."""
    llc: tuple[LlcPoint, ...] = ()
    llc_contrasts: tuple[LlcContrast, ...] = ()
    """λ̂ at the end of training against other sides, and why where there is no comparison."""


class Outcome(Spec):
    """How a claim came out."""

    state: OutcomeState
    reason: str = ""
    """Why it is annulled, pending or ambiguous."""
    probability: float | None = None
    """Share of bootstrap draws in which the claim holds, among those in which it is defined."""
    undefined: float | None = None
    """Share of draws in which it is undefined."""
    n_seeds: int = 0
    sign_count: str = ""
    """In how many single seeds it holds, as `7 of 10`."""
    rule: str
    """The rule that fired, in words."""


class Forecast(Spec):
    """One person's probability and what it scored; no score unless the claim came out yes or no."""

    by: str
    probability: float
    brier: float | None = None
    late: bool = False
    note: str = ""


class Payment(Spec):
    """What a party gains (positive) or pays (negative); the payments of one stake sum to zero."""

    party: str
    cents: int
    currency: str


class Claim(Spec):
    """A registered claim, its outcome, its forecasts and its stakes."""

    prediction: str
    """Id of the prediction file it stands in."""
    id: str
    prediction_title: str = ""
    """Title of the prediction file."""
    title: str
    text: str
    """The claim as written."""
    explanation: str
    """The claim in plain English."""
    protocols: tuple[str, ...]
    registered_seq: int
    """Its number in the ledger."""
    registered_at: str
    exposure: str
    exposure_note: str = ""
    """What had been seen, in the predictor's own words."""
    known_results: tuple[str, ...] = ()
    """Results that already existed when it was registered."""
    outcome: Outcome
    quantities: tuple[Value, ...]
    forecasts: tuple[Forecast, ...]
    payments: tuple[Payment, ...]
    confounds: tuple[str, ...] = ()
    """What differs between the claim's sides besides the factor it names."""
    badges: tuple[str, ...] = ()


class Standing(Spec):
    """A forecaster over all claims that came out yes or no."""

    by: str
    n: int
    mean_brier: float | None = None
    cents: int
    unresolved: int
    """Claims pending, ambiguous or annulled."""


class Unregistered(Spec):
    """A prediction file that is not scored, and why."""

    file: str
    reason: str


class Scores(Spec):
    """The whole of `reports/scores.json`."""

    ledger_head: str
    claims: tuple[Claim, ...]
    standings: tuple[Standing, ...]
    not_registered: tuple[Unregistered, ...]
    series: tuple[Series, ...]


def read_scores(path: Path) -> Scores:
    """Return the scores.

    Raises:
        EvidenceError: They are missing or of another form.
    """
    return read_record(Scores, path, stage="score")
