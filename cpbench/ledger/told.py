"""What the ledger says about a claim, once its entries are read together."""

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
    """Whether results existed when the last party accepted it, or exist while some have not."""
    is_withdrawn: bool
    name: str
    """What an acceptance calls it: the digest of the bet on this very claim."""


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
    """Sentences with entry numbers: reworded, dropped or withdrawn when results existed, disputed,
    revealed otherwise than sealed."""
    recorded: tuple[tuple[int, str, str], ...]
    """Outcomes recorded by `resolve` entries: number, state, words."""
    moves: tuple[tuple[int, str], ...]
    """What was entered of it in time by people, as number and words: its registration, bets,
    forecasts, withdrawals. Whoever had watched training by then had an advantage."""
    amendments: tuple[str, ...]
    """Sentences about what was changed in time, which is nobody's fault: reworded, withdrawn."""
    is_withdrawn: bool
    """Void: dropped, or withdrawn by everyone it concerns, before results existed."""
