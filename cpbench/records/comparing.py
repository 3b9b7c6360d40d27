"""How far two sets of results are apart: another machine's arithmetic moves the last digits."""

from collections import defaultdict
from collections.abc import Iterable

from cpbench.records.provenance import Difference
from cpbench.records.results import Row


def compare(before: Iterable[Row], after: Iterable[Row]) -> Difference:
    """Return how many numbers differ, and by how much at most in each unit.

    Numbers that only one side has are not compared: they are another question's answers.
    """
    old = {row[:11]: row.value for row in before}
    compared, changed = 0, 0
    largest: dict[str, float] = defaultdict(float)
    for row in after:
        was = old.get(row[:11])
        if was is None or row.value is None:
            continue
        compared += 1
        apart = abs(row.value - was)
        if apart > 0:
            changed += 1
            largest[row.unit] = max(largest[row.unit], apart)
    return Difference(compared=compared, changed=changed, largest=dict(sorted(largest.items())))
