"""Losses of a probability of yes; lower is better.

An outcome is 1 for yes, 0 for no, and a share r in between where it is one: the loss is then the
expected one, r times that of yes plus 1 − r times that of no. Its least value is not 0 but that of
saying r: r·(1 − r) for Brier.
"""

import math

from cpbench.scoring.rules.probabilities import LogLoss, check, nats


def brier(probability: float, *, outcome: float) -> float:
    """Return the squared distance of a forecast from what happened.

    Args:
        probability: Forecast that the claim comes out yes, in [0, 1].
        outcome: Whether it did, or the share in which it did, in [0, 1].

    Returns:
        A loss in [0, 1]; 0.25 for always saying one half.

    Raises:
        ValueError: The probability or the outcome does not lie in [0, 1].

    Source:
        Brier (1950), binary form.
    """
    _check(probability, outcome)
    return outcome * (1 - probability) ** 2 + (1 - outcome) * probability**2


def log_loss(probability: float, *, outcome: float) -> LogLoss:
    """Return the negative logarithm of what was given to what happened.

    Args:
        probability: Forecast that the claim comes out yes, in [0, 1].
        outcome: Whether it did, or the share in which it did, in [0, 1].

    Returns:
        A loss in nats, at least 0.001 and at most 6.91; ln 2 for always saying one half.

    Raises:
        ValueError: The probability or the outcome does not lie in [0, 1].

    Source:
        Good (1952).
    """
    _check(probability, outcome)
    yes, no = nats(probability), nats(1 - probability)
    return LogLoss(outcome * yes.nats + (1 - outcome) * no.nats, yes.is_clipped or no.is_clipped)


def spherical_loss(probability: float, *, outcome: float) -> float:
    """Return one minus the spherical score, p / √(p² + (1 − p)²) for yes.

    Args:
        probability: Forecast that the claim comes out yes, in [0, 1].
        outcome: Whether it did, or the share in which it did, in [0, 1].

    Returns:
        A loss in [0, 1]; 1 − √½ for always saying one half.

    Raises:
        ValueError: The probability or the outcome does not lie in [0, 1].

    Source:
        Gneiting and Raftery (2007), the pseudospherical family with α = 2.
    """
    _check(probability, outcome)
    given = outcome * probability + (1 - outcome) * (1 - probability)
    return 1 - given / math.hypot(probability, 1 - probability)


def _check(probability: float, outcome: float) -> None:
    check(probability, "probability")
    check(outcome, "outcome")
