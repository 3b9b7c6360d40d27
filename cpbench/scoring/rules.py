"""Scoring rules: how far a forecast was from what happened."""


def brier(probability: float, *, outcome: bool) -> float:
    """Return the squared distance of a forecast from what happened.

    Args:
        probability: Forecast that the claim comes out yes, in [0, 1].
        outcome: Whether it did.

    Returns:
        A score in [0, 1]; lower is better, 0.25 for always saying one half.

    Source:
        Brier (1950), binary form.
    """
    return (probability - outcome) ** 2
