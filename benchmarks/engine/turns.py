"""Methods take turns, so that a busy minute meets all of them; a ratio belongs to one round."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence

Summary = dict[str, float]


def take_turns(methods: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Return what each method gave in each round; the order turns, so that nobody is always first.

    Args:
        methods: Name to a function that returns its own seconds, or another positive number.
        rounds: How often each is called.
    """
    found: dict[str, list[float]] = {name: [] for name in methods}
    for number in range(rounds):
        names = list(methods)
        first = number % len(names)
        for name in names[first:] + names[:first]:
            found[name].append(methods[name]())
    return found


def seconds(work: Callable[[], object]) -> float:
    """Return the wall time that a piece of work takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def spread(values: Sequence[float]) -> Summary:
    """Return median, least and greatest, to four digits, and how many there are."""
    return {
        "median": _short(statistics.median(values)),
        "low": _short(min(values)),
        "high": _short(max(values)),
        "rounds": len(values),
    }


def ratio(slow: Sequence[float], fast: Sequence[float]) -> Summary:
    """Return the spread of slow over fast, round by round.

    Raises:
        ValueError: The two have not equally many rounds.
    """
    return spread([one / other for one, other in zip(slow, fast, strict=True)])


def _short(number: float) -> float:
    return float(f"{number:.4g}")
