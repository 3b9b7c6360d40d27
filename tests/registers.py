"""A small ledger that tests fill, entry by entry, as people would."""

import json
from typing import Any

from cpbench.digests import canonical, digest
from cpbench.ledger import (
    AcceptPayload,
    Circumstances,
    DisputePayload,
    Entry,
    ForecastPayload,
    GitState,
    OfferPayload,
    Payload,
    ResolvePayload,
    RevealPayload,
    SealedPayload,
    ToldClaim,
    WithdrawPayload,
    append,
    bet_name,
    claims_of,
    commitment_of,
    known_results,
    payload_of,
    read_ledger,
)
from cpbench.project import Project
from cpbench.records.files import write_text
from cpbench.specs.forecasts import ForecastSpec
from cpbench.specs.predictions import Prediction
from cpbench.specs.stakes import Stake

NOW = Circumstances("2026-01-02T03:04:05Z", "Ann", GitState(commit="", dirty=False))
SALT = "5" * 64
STAKE = {"yes": "ann", "no": "bob", "odds": "even", "stake": 10, "currency": "USD"}
POOL = {
    "kind": "parimutuel", "currency": "USD",
    "bets": [{"by": "ann", "stake": 5, "on": "yes"}, {"by": "bob", "stake": 5, "on": "no"}],
}  # fmt: skip


def claim(name: str = "later", text: str = "end(blur) > 0", **more: Any) -> dict[str, Any]:
    resolution = {"rule": "point", "on_divergence": "drop"}
    given = {"id": name, "title": "Later", "type": "binary", "claim": text}
    return {**given, "resolution": resolution, **more}


def number() -> dict[str, Any]:
    """Return a claim with the same id that comes out as a value."""
    asked = {"type": "numeric", "quantity": "end(blur)", "unit": "epoch"}
    kept = {key: value for key, value in claim().items() if key not in {"type", "claim"}}
    return {**kept, **asked}


def said(p: float, by: str = "ann", name: str = "later") -> dict[str, Any]:
    return {"by": by, "claim": name, "p": p}


def forecast(p: float, by: str = "ann", name: str = "later") -> ForecastSpec:
    return ForecastSpec.model_validate_json(json.dumps(said(p, by, name)))


def prediction(*claims: dict[str, Any], forecasts: Any = (), name: str = "bet") -> Prediction:
    value = {
        "id": name, "about": {"title": "A bet"}, "exposure": "nothing_run",
        "claims": list(claims) or [claim()], "forecasts": list(forecasts),
    }  # fmt: skip
    return Prediction.model_validate_json(json.dumps(value))


class Register:
    """A project that holds a ledger and, once `run` was called, results."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.digest = digest("blur")

    def run(self, protocol: str = "blur") -> None:
        """Let results come into being: what is entered from now on is late."""
        write_text(self.project.result(protocol), "seen")

    def add(self, payload: Payload, now: Circumstances = NOW) -> Entry:
        return append(self.project, payload, now)

    def register(
        self,
        *claims: dict[str, Any],
        forecasts: Any = (),
        is_made: bool = False,
        others: Any = (),
        reason: str | None = None,
        name: str = "bet",
    ) -> Entry:
        """Enter a prediction; `is_made` as entries before acceptances existed."""
        asked = prediction(*claims, forecasts=forecasts, name=name)
        payload = payload_of(
            self.project, asked, {"blur": self.digest}, others=others, reason=reason
        )
        return self.add(payload.model_copy(update={"stakes": None}) if is_made else payload)

    def about(self, name: str = "later") -> dict[str, Any]:
        told = next(each for each in self.claims() if each.claim.id == name)
        known = known_results(self.project, told.protocols)
        return {
            "prediction": "bet", "claim": name, "claim_hash": told.hash, "known_results": known,
        }  # fmt: skip

    def say(self, p: float, by: str = "ann") -> Entry:
        return self.add(ForecastPayload(**self.about(), forecast=forecast(p, by)))

    def seal(self, p: float, by: str = "ann") -> Entry:
        commitment = commitment_of(SALT, forecast(p, by))
        return self.add(SealedPayload(**self.about(), by=by, commitment=commitment))

    def reveal(self, sealed: Entry, p: float, by: str = "ann") -> Entry:
        facts = {"sealed": sealed.hash, "salt": SALT, "forecast": forecast(p, by)}
        return self.add(RevealPayload(**self.about(), **facts))

    def offer(self, by: str = "ann", **stake: Any) -> Entry:
        offered = Stake.model_validate({**STAKE, **stake})
        return self.add(OfferPayload(**self.about(), by=by, stake=offered))

    def accept(self, by: str, number: int = 0) -> Entry:
        bet = self.told().stakes[number].stake
        name = bet_name(bet, self.told().hash)
        return self.add(AcceptPayload(**self.about(), by=by, stake=name))

    def withdraw(self, by: str, what: Any) -> Entry:
        name = self.told().stakes[0].name if what == "stake" else None
        facts = {"by": by, "what": what, "stake": name, "reason": "a slip"}
        return self.add(WithdrawPayload(**self.about(), **facts))

    def dispute(self, by: str = "bob") -> Entry:
        return self.add(DisputePayload(**self.about(), by=by, reason="the plot is off"))

    def resolve(self, state: str = "yes") -> Entry:
        return self.add(ResolvePayload(**self.about(), state=state, text=state, results={}))

    def entries(self) -> tuple[Entry, ...]:
        return read_ledger(self.project.ledger)

    def claims(self) -> tuple[ToldClaim, ...]:
        return claims_of(self.entries())

    def told(self, name: str = "later") -> ToldClaim:
        return next(each for each in self.claims() if each.claim.id == name)

    def by(self, party: str = "ann") -> list[tuple[float | None, bool, bool]]:
        """Return a party's forecasts: p, late, withdrawn."""
        return [
            (each.forecast and each.forecast.p, each.is_late, each.is_withdrawn)
            for each in self.told().forecasts
            if each.by == party
        ]


def chain(project: Project, payload: Payload) -> None:
    """Write an entry as somebody would who computes the hashes by hand."""
    last = read_ledger(project.ledger)[-1]
    value = payload.json_value()
    body = last.json_value() | {
        "seq": last.seq + 1, "payload": value, "payload_sha256": digest(value), "prev": last.hash,
    }  # fmt: skip
    body.pop("hash")
    with project.ledger.open("ab") as stream:
        stream.write(canonical(body | {"hash": digest(body)}) + b"\n")


def long_ledger(project: Project) -> None:
    """Enter 50 entries, most kinds among them."""
    register = Register(project)
    register.register(claim(stakes=[STAKE]), forecasts=[said(0.7)])
    register.accept("ann")
    register.accept("bob")
    register.reveal(register.seal(0.6, "bob"), 0.6, "bob")
    while len(register.entries()) < 48:
        register.say(len(register.entries()) / 100, "cleo")
    register.dispute()
    register.resolve()
