"""What the ledger says about each claim: the wording in force, who forecast what, which bets stand.

Order decides: an entry is late for a claim when results of a protocol it rests on existed then.
"""

from typing import NamedTuple

from cpbench.ledger.entries import PredictionEntry, TheoryFacts
from cpbench.specs.claims import Claim
from cpbench.specs.forecasts import ForecastSpec
from cpbench.specs.stakes import Pool, Stake


class ToldForecast(NamedTuple):
    """A forecast in force, or one that was kept although it is late or taken back."""

    by: str
    forecast: ForecastSpec | None
    """None while it is sealed."""
    seq: int
    """The entry that first said it."""
    is_late: bool
    is_withdrawn: bool
    sealed: bool
    """Whether it was registered sealed; it is revealed when `forecast` is there."""
    theory: TheoryFacts | None


class ToldStake(NamedTuple):
    """A stake or a pool, and who has yet to stand by it."""

    stake: Stake | Pool
    seq: int
    waiting_for: tuple[str, ...]
    is_late: bool
    """Whether results existed when the last party accepted it."""
    is_withdrawn: bool


class ToldClaim(NamedTuple):
    """A claim as the ledger has it."""

    entry: PredictionEntry
    """The first entry with the wording in force."""
    title_entry: PredictionEntry
    """The last entry of its prediction: titles and notes may be mended at any time."""
    claim: Claim
    hash: str
    protocols: dict[str, str]
    """Protocol to registered digest, those of this claim only."""
    known_results: tuple[str, ...]
    """Paths that existed at the first entry."""
    forecasts: tuple[ToldForecast, ...]
    stakes: tuple[ToldStake, ...]
    deviations: tuple[str, ...]
    """Sentences with entry numbers: amended, dropped, withdrawn after results, disputed."""
    recorded: tuple[tuple[int, str, str], ...]
    """Outcomes recorded by `resolve` entries: number, state, words."""
