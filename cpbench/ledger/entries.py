"""What a line of the ledger may say: one payload per kind of entry."""

from typing import Annotated, Literal

from pydantic import Field

from cpbench.specs.base import Identifier, Sha256, Spec, Text
from cpbench.specs.forecasts import ForecastSpec
from cpbench.specs.predictions import Prediction
from cpbench.specs.stakes import Stake


class KnownResult(Spec):
    """Results of a named protocol that existed when the entry was made."""

    protocol: str
    path: str
    sha256: Sha256


class PredictionPayload(Spec):
    """A prediction file, registered, or registered anew in other words."""

    prediction: Prediction
    prediction_digest: Sha256
    protocols: dict[str, Sha256]
    """Every protocol the claims name, with its digest."""
    known_results: tuple[KnownResult, ...]
    stakes: Literal["offered"] | None = None
    """`offered`: each party must accept. Absent from the entries before acceptances existed, whose
    stakes were made by being registered; no entry after them makes bets that way."""
    reason: Text | None = None
    """Why it was amended."""


class Subject(Spec):
    """What all later entries are about: one claim as it was worded then."""

    prediction: Identifier
    claim: Identifier
    claim_hash: Sha256
    """Of its meaning, resolution and protocols: another wording is another claim."""
    known_results: tuple[KnownResult, ...]


class TheoryFacts(Spec):
    """Which machine made a forecast, and what it was allowed to look at."""

    version: str
    information: Literal["spec", "reference", "early"]
    code: Sha256
    """Of its source file."""
    results: dict[str, Sha256] = Field(default_factory=dict)
    """Results it was shown, by protocol."""


class ForecastPayload(Subject):
    """A forecast added by whoever did not write the prediction, or by a theory."""

    forecast: ForecastSpec
    theory: TheoryFacts | None = None


class SealedPayload(Subject):
    """A forecast nobody can read yet: SHA-256 over the salt and the forecast's canonical JSON."""

    by: Identifier
    commitment: Sha256


class RevealPayload(Subject):
    """What a sealed forecast said."""

    sealed: Sha256
    """Hash of the entry that sealed it."""
    salt: Sha256
    forecast: ForecastSpec


class OfferPayload(Subject):
    """A stake that somebody offers on a registered claim."""

    by: Identifier
    stake: Stake


class AcceptPayload(Subject):
    """A party stands by a stake; it is made when both do."""

    by: Identifier
    stake: Sha256
    """`Stake.named` of the stake on this claim."""


class WithdrawPayload(Subject):
    """A party takes back its forecast, or its side of a stake that is not made yet."""

    by: Identifier
    what: Literal["forecast", "stake", "claim"]
    stake: Sha256 | None = None
    reason: Text


class DisputePayload(Subject):
    """Somebody holds that a claim was settled wrongly; shown, and changes nothing."""

    by: Identifier
    reason: Text


class ResolvePayload(Subject):
    """An outcome as it stood, with the results it rested on; later ones are told apart from it."""

    state: str
    text: str
    """The outcome in words."""
    results: dict[str, Sha256]
    """SHA-256 of each protocol's results."""


class GitState(Spec):
    """Where the code stood."""

    commit: str
    """Empty outside a checkout."""
    dirty: bool


class AbstractEntry(Spec):
    """What every line has beside its kind and payload."""

    seq: int
    at: str
    """UTC, with Z."""
    author: str
    payload_sha256: Sha256
    prev: str
    """Hash of the entry before; empty for the first."""
    git: GitState
    cpbench_version: str
    hash: Sha256
    """Of the line without this field."""


class PredictionEntry(AbstractEntry):
    """A prediction, registered or amended."""

    kind: Literal["prediction"]
    payload: PredictionPayload


class ForecastEntry(AbstractEntry):
    """One more forecast."""

    kind: Literal["forecast"]
    payload: ForecastPayload


class SealedEntry(AbstractEntry):
    """A forecast under seal."""

    kind: Literal["sealed"]
    payload: SealedPayload


class RevealEntry(AbstractEntry):
    """A seal opened."""

    kind: Literal["reveal"]
    payload: RevealPayload


class OfferEntry(AbstractEntry):
    """A stake offered."""

    kind: Literal["offer"]
    payload: OfferPayload


class AcceptEntry(AbstractEntry):
    """A stake accepted."""

    kind: Literal["accept"]
    payload: AcceptPayload


class WithdrawEntry(AbstractEntry):
    """Something taken back."""

    kind: Literal["withdraw"]
    payload: WithdrawPayload


class DisputeEntry(AbstractEntry):
    """An outcome disputed."""

    kind: Literal["dispute"]
    payload: DisputePayload


class ResolveEntry(AbstractEntry):
    """An outcome recorded."""

    kind: Literal["resolve"]
    payload: ResolvePayload


Entry = Annotated[
    PredictionEntry
    | ForecastEntry
    | SealedEntry
    | RevealEntry
    | OfferEntry
    | AcceptEntry
    | WithdrawEntry
    | DisputeEntry
    | ResolveEntry,
    Field(discriminator="kind"),
]
ClaimEntry = (
    ForecastEntry
    | SealedEntry
    | RevealEntry
    | OfferEntry
    | AcceptEntry
    | WithdrawEntry
    | DisputeEntry
    | ResolveEntry
)
"""An entry about one claim."""
Payload = (
    PredictionPayload
    | ForecastPayload
    | SealedPayload
    | RevealPayload
    | OfferPayload
    | AcceptPayload
    | WithdrawPayload
    | DisputePayload
    | ResolvePayload
)
