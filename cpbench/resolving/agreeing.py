"""Estimators that must agree: the same claim under each, and whether it comes out the same."""

from math import inf

from cpbench.records.scores import Outcome
from cpbench.records.series import Value
from cpbench.specs.claims import Resolution


def agrees(one: Outcome, other: Outcome, rule: Resolution) -> bool:
    """Return whether two estimators say the same.

    Values are the same where their 90 % intervals meet, shares where they differ by at most what
    the level leaves open.
    """
    if (one.state, one.option) != (other.state, other.option):
        return False
    if one.value is not None and other.value is not None:
        return _meet(one.value, other.value)
    if one.fraction is not None and other.fraction is not None:
        return abs(one.fraction - other.fraction) <= 1 - rule.level
    names = one.shares.keys() | other.shares.keys() if one.state == "value" else ()
    off = (abs(one.shares.get(name, 0.0) - other.shares.get(name, 0.0)) for name in names)
    return max(off, default=0.0) <= 1 - rule.level


def _meet(one: Value, other: Value) -> bool:
    lows = [-inf if each.low is None else each.low for each in (one, other)]
    highs = [inf if each.high is None else each.high for each in (one, other)]
    return max(lows) <= min(highs)
