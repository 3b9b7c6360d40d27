"""What rules for probabilities share: checks, and the logarithm that is cut off at both ends."""

import math
from typing import NamedTuple

CLIP = 0.001
"""A log loss is taken at no less than this and no more than one minus it, so it stays finite."""


class LogLoss(NamedTuple):
    """A log loss, and whether it was taken at another probability than what was said."""

    nats: float
    is_clipped: bool


def check(number: float, name: str) -> None:
    """Refuse what does not lie in [0, 1].

    Args:
        number: A probability, or a fractional outcome.
        name: What it is, for the message.

    Raises:
        ValueError: It lies outside, or is not a number.
    """
    if not 0 <= number <= 1:
        raise ValueError(f"{name} {number} does not lie in [0, 1]")


def nats(probability: float) -> LogLoss:
    """Return −ln p, with p cut off at 0.001 and 0.999.

    What was said stays as it is in the record; only the score is taken nearer to one half.

    Args:
        probability: What was given to what happened.
    """
    used = min(max(probability, CLIP), 1 - CLIP)
    return LogLoss(-math.log(used), is_clipped=not CLIP <= probability <= 1 - CLIP)
