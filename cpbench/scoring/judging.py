"""Judging: every claim in force, resolved, with its forecasts scored and its stakes settled."""

from collections.abc import Iterator, Sequence
from itertools import chain

from cpbench.claims import Event, calls, claim_hash, explain, parse, protocols_of
from cpbench.ledger import Entry, latest
from cpbench.records.scores import Claim, Forecast, OutcomeState, Payment
from cpbench.resolving import Evidence, resolve
from cpbench.scoring.confounds import confounds
from cpbench.scoring.rules import brier
from cpbench.scoring.settlement import settle
from cpbench.specs.claims import BinaryClaim, ForecastSpec


def judge(entries: Sequence[Entry], evidence: Evidence) -> Iterator[Claim]:
    """Yield every claim in force, in the order in which their predictions were registered."""
    for entry in sorted(latest(tuple(entries)).values(), key=lambda entry: entry.seq):
        for claim in entry.payload.prediction.claims:
            yield _judged(claim, entry, _History(entries, entry, claim), evidence)


class _History:
    """What the ledger says about one claim up to the entry in force."""

    def __init__(self, entries: Sequence[Entry], entry: Entry, claim: BinaryClaim) -> None:
        self.event: Event = parse(claim.claim)
        self.protocols = protocols_of(self.event)
        name = claim_hash(claim, self.event, entry.payload.protocols)
        mine = [
            each for each in entries if each.payload.prediction.id == entry.payload.prediction.id
        ]
        same_id = [
            (each, other)
            for each in mine
            for other in each.payload.prediction.claims
            if other.id == claim.id
        ]
        self.same = [each for each, other in same_id if _hash_of(other, each) == name]
        self.is_amended = len(self.same) < len(same_id)

    @property
    def first(self) -> Entry:
        """The first entry with this very claim on these very protocols."""
        return self.same[0]

    def known_results(self, entry: Entry) -> tuple[str, ...]:
        """Results of the claim's protocols that existed when an entry was made."""
        known = entry.payload.known_results
        return tuple(result.path for result in known if result.protocol in self.protocols)

    def is_late(self, forecast: ForecastSpec) -> bool:
        """Whether results already existed when the forecast was first made."""
        said = (forecast.by, forecast.claim, forecast.p)
        for entry in self.same:
            if said in {
                (each.by, each.claim, each.p) for each in entry.payload.prediction.forecasts
            }:
                return bool(self.known_results(entry))
        raise AssertionError("the entry in force holds the forecast")


def _hash_of(claim: BinaryClaim, entry: Entry) -> str:
    return claim_hash(claim, parse(claim.claim), entry.payload.protocols)


def _judged(claim: BinaryClaim, entry: Entry, history: _History, evidence: Evidence) -> Claim:
    resolved = resolve(claim, entry.payload.protocols, evidence)
    state = resolved.outcome.state
    told = [each for each in entry.payload.prediction.forecasts if each.claim == claim.id]
    forecasts = tuple(_scored(each, state, is_late=history.is_late(each)) for each in told)
    known = history.known_results(history.first)
    named = dict.fromkeys((call.protocol, call.arm) for call in calls(history.event))
    sides = [
        evidence[name].series[arm]
        for name, arm in named
        if name in evidence and arm in evidence[name].series
    ]
    badges = {"results existed": bool(known), "amended": history.is_amended}
    return Claim(
        prediction=entry.payload.prediction.id,
        id=claim.id,
        prediction_title=entry.payload.prediction.about.title,
        title=claim.title,
        text=claim.claim,
        explanation=explain(history.event),
        protocols=history.protocols,
        registered_seq=history.first.seq,
        registered_at=history.first.at,
        exposure=entry.payload.prediction.exposure,
        exposure_note=entry.payload.prediction.exposure_note,
        known_results=known,
        outcome=resolved.outcome,
        quantities=resolved.values,
        forecasts=forecasts,
        payments=tuple(_payments(claim, state, forecasts)),
        confounds=confounds(sides),
        badges=tuple(badge for badge, applies in badges.items() if applies),
    )


def _scored(forecast: ForecastSpec, state: OutcomeState, *, is_late: bool) -> Forecast:
    is_scored = state in {"yes", "no"} and not is_late
    return Forecast(
        by=forecast.by,
        probability=forecast.p,
        brier=brier(forecast.p, outcome=state == "yes") if is_scored else None,
        late=is_late,
        note=forecast.note,
    )


def _payments(
    claim: BinaryClaim, state: OutcomeState, forecasts: Sequence[Forecast]
) -> Iterator[Payment]:
    """Yield what the stakes move; a stake on a late forecast moves nothing."""
    late = {forecast.by for forecast in forecasts if forecast.late}
    fair = (stake for stake in claim.stakes if not {stake.yes, stake.no} & late)
    return chain.from_iterable(settle(stake, state) for stake in fair)
