"""Claims, outcomes and values in a few words."""

from cpbench.records.digits import short
from cpbench.records.scores import Outcome
from cpbench.records.series import Value
from cpbench.specs.claims import BinaryClaim, Claim, NumericClaim


def written(claim: Claim) -> str:
    """Return a claim as it was written, whatever its type."""
    match claim:
        case BinaryClaim():
            return claim.claim
        case NumericClaim():
            return claim.quantity
        case _:
            return "; ".join(f"{option.name}: {option.when}" for option in claim.options)


def said(outcome: Outcome) -> str:
    """Return what an outcome says in a few words: `no`, `later`, `113.2 [98.1, 129] epoch`."""
    if outcome.state == "option":
        return outcome.option
    if outcome.state != "value":
        return outcome.state
    if outcome.fraction is not None:
        return f"{outcome.fraction:.0%}"
    if outcome.value is not None:
        return value_said(outcome.value)
    return ", ".join(f"{name} {share:.0%}" for name, share in outcome.shares.items())


def value_said(value: Value) -> str:
    """Return a value in a few words: `113.2 [98.1, 129] epoch`, `≥ 480 epoch`, or its status."""
    unit = "" if value.unit == "1" else f" {value.unit}"
    if value.value is not None and value.n_seeds == 1:
        return f"{short(value.value)}{unit}, without interval"
    if value.value is not None:
        low, high = (_end(each, "…") for each in (value.low, value.high))
        return f"{short(value.value)} [{low}, {high}]{unit}"
    if value.bound is not None:
        return f"{'≥' if value.status == 'right_censored' else '≤'} {short(value.bound)}{unit}"
    return value.status.replace("_", " ")


def _end(value: float | None, otherwise: str) -> str:
    return otherwise if value is None else short(value)
