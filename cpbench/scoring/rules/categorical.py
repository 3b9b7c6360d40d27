"""Losses of a probability for each option; lower is better."""

import math
from collections.abc import Sequence
from itertools import accumulate

from cpbench.scoring.rules.probabilities import LogLoss, check, nats

ROUNDING = 2e-6
"""What written probabilities may be off one in sum: more than a spec allows, so none fails here."""


def brier_sum(probabilities: Sequence[float], *, outcome: int) -> float:
    """Return the sum over options of the squared distance from what happened.

    The sum form: with two options it is twice the binary `brier`.

    Args:
        probabilities: Of each option, in their order; they sum to one.
        outcome: Index of the option that happened.

    Returns:
        A loss in [0, 2].

    Raises:
        ValueError: They are no distribution, or there is no such option.

    Source:
        Brier (1950), eq. 2.
    """
    _check(probabilities, outcome)
    return sum(
        (probability - (index == outcome)) ** 2 for index, probability in enumerate(probabilities)
    )


def log_loss(probabilities: Sequence[float], *, outcome: int) -> LogLoss:
    """Return the negative logarithm of what was given to what happened.

    Args:
        probabilities: Of each option, in their order; they sum to one.
        outcome: Index of the option that happened.

    Returns:
        A loss in nats, at least 0.001 and at most 6.91.

    Raises:
        ValueError: They are no distribution, or there is no such option.

    Source:
        Good (1952).
    """
    _check(probabilities, outcome)
    return nats(probabilities[outcome])


def spherical_loss(probabilities: Sequence[float], *, outcome: int) -> float:
    """Return one minus what was given to what happened over the length of the vector.

    Args:
        probabilities: Of each option, in their order; they sum to one.
        outcome: Index of the option that happened.

    Returns:
        A loss in [0, 1].

    Raises:
        ValueError: They are no distribution, or there is no such option.

    Source:
        Gneiting and Raftery (2007), the pseudospherical family with α = 2.
    """
    _check(probabilities, outcome)
    return 1 - probabilities[outcome] / math.hypot(*probabilities)


def rps(probabilities: Sequence[float], *, outcome: int) -> float:
    """Return the ranked probability score of ordered options: nearer misses cost less.

    The sum over options of squared differences of cumulative probabilities, not divided by their
    number.

    Args:
        probabilities: Of each option, from the lowest to the highest; they sum to one.
        outcome: Index of the option that happened.

    Returns:
        A loss from 0 to the number of options less one.

    Raises:
        ValueError: They are no distribution, or there is no such option.

    Source:
        Epstein (1969); Murphy (1971) for the sum of squared cumulative differences.
    """
    _check(probabilities, outcome)
    # The last cumulative probability is one for any forecast, up to rounding: it says nothing.
    cumulative = list(accumulate(probabilities))[:-1]
    return sum((below - (index >= outcome)) ** 2 for index, below in enumerate(cumulative))


def _check(probabilities: Sequence[float], outcome: int) -> None:
    for probability in probabilities:
        check(probability, "probability")
    if abs(sum(probabilities) - 1) > ROUNDING:
        raise ValueError(f"probabilities sum to {sum(probabilities):g}; they must sum to 1")
    if not 0 <= outcome < len(probabilities):
        raise ValueError(f"there is no option {outcome} among {len(probabilities)}")
