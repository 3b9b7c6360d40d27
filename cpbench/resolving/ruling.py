"""The rules: from a tally over samples to a verdict."""

from typing import NamedTuple

from cpbench.quantities import Samples
from cpbench.records.scores import OutcomeState
from cpbench.resolving.presuppositions import annulled
from cpbench.resolving.tallying import Tally
from cpbench.specs.claims import Resolution

_DRAWS = {
    "resample": "of bootstrap draws of the seeds",
    "student": "of draws of the seeds by Student's t",
}
_BINARY: dict[str, OutcomeState] = {"yes": "yes", "no": "no"}


class Ruling(NamedTuple):
    """How a claim came out, before the words around it."""

    state: OutcomeState
    """Of a claim with options, `option`."""
    reason: str = ""
    way: str = ""
    """`yes`, `no` or the option that it came out as."""


def ruled(
    tally: Tally, tied: Tally | None, rule: Resolution, samples: Samples, num_seeds: int
) -> Ruling:
    """Return how a claim came out by the rule that was registered.

    Args:
        tally: With differences within the margin left unknown.
        tied: With such differences decided, where a margin or a tie is declared.
        rule: As registered.
        samples: Which rows are draws.
        num_seeds: How many seeds there are.
    """
    if rule.rule == "point":
        return _at_the_mean(tally, tied, rule)
    if num_seeds == 1:
        return Ruling(
            "ambiguous", "one seed has no spread to draw from; only rule: point takes one"
        )
    shares = tally.shares(samples.draws)
    undefined = tally.undefined(samples.draws)
    if shares is None or undefined > rule.max_undefined:
        allowed = f"{rule.max_undefined:.0%} are allowed"
        return Ruling("ambiguous", f"undefined in {undefined:.0%} of draws; {allowed}")
    if rule.rule == "probabilistic":
        return Ruling("value")
    return _decisive(shares, rule, is_binary=tally.is_binary)


def rule_in_words(rule: Resolution, kind: str) -> str:
    """Return the rule that fired, for people; `kind` is the claim's type."""
    seeds = f"at least {rule.min_seeds} seed{'s' * (rule.min_seeds > 1)}"
    draws = _DRAWS[rule.draws or "resample"]
    match rule.rule, kind:
        case "point", _:
            return f"point: as the mean over {seeds} says"
        case _, "numeric":
            return f"value: on the mean over {seeds}, with the central 90 % {draws}"
        case "probabilistic", _:
            return f"probabilistic: the outcome is the share {draws}; {seeds}"
        case _, "binary":
            share = f"≥ {rule.level:.0%} {draws}"
            return f"decisive: yes if it holds in {share}, no if in ≤ {1 - rule.level:.0%}; {seeds}"
        case _:
            return f"decisive: the option that comes out in ≥ {rule.level:.0%} {draws}; {seeds}"


def _at_the_mean(tally: Tally, tied: Tally | None, rule: Resolution) -> Ruling:
    if way := tally.way():
        return Ruling("option" if not tally.is_binary else _BINARY[way], way=way)
    if tied is None or tied.way() is None:
        return Ruling("ambiguous", "undefined on the mean over seeds")
    within = f"within the margin of {rule.margin or 'an exact tie'} on the mean over seeds"
    if rule.tie == "annul":
        return Ruling(*annulled("tie", within))
    if rule.tie and tally.is_binary:
        return Ruling(rule.tie, f"a tie, declared to be {rule.tie}: {within}", rule.tie)
    return Ruling("ambiguous", within)


def _decisive(shares: dict[str, float], rule: Resolution, *, is_binary: bool) -> Ruling:
    asked = f"{rule.level:.0%} are asked for"
    if is_binary:
        if shares["yes"] >= rule.level:
            return Ruling("yes", way="yes")
        if shares["yes"] <= 1 - rule.level:
            return Ruling("no", way="no")
        return Ruling("ambiguous", f"holds in {shares['yes']:.0%} of draws; {asked} either way")
    likeliest = max(shares, key=lambda way: shares[way])
    if shares[likeliest] >= rule.level:
        return Ruling("option", way=likeliest)
    return Ruling(
        "ambiguous", f"{likeliest} in {shares[likeliest]:.0%} of draws, the most; {asked}"
    )
