"""Points against something else: chance, the other forecasters, a baseline; higher is better.

All are computed from losses, so they hold for every type of claim that has the loss, for fractional
outcomes, and with the same clips.
"""

import math
from collections.abc import Sequence
from statistics import fmean

MIN_OPTIONS = 2
MIN_FORECASTERS = 2


def baseline_score(log_loss: float, *, num_options: int) -> float:
    """Return points against giving every option the same probability.

    100·ln(p·K) / ln K, with p what was given to what happened and K the number of options:
    100·log₂(2p) for a binary claim.

    Args:
        log_loss: In nats.
        num_options: 2 for a binary claim.

    Returns:
        100 for being sure and right, 0 for the uniform forecast, without a lower bound.

    Raises:
        ValueError: There are fewer than two options.

    Source:
        Metaculus, baseline score of binary and multiple-choice questions.
    """
    if num_options < MIN_OPTIONS:
        raise ValueError(f"{num_options} options leave nothing to forecast; there are 2 or more")
    return 100 * (1 - log_loss / math.log(num_options))


def peer_scores(log_losses: Sequence[float]) -> tuple[float, ...] | None:
    """Return each forecaster's points against the mean of the others.

    100 · the mean over others of ln(p / p_other), which is 100·N/(N − 1)·ln(p / geometric mean).

    Args:
        log_losses: Of all forecasters of one claim, in nats.

    Returns:
        Points that sum to zero; None with fewer than two forecasters, who have no peers.

    Source:
        Metaculus, peer score.
    """
    count = len(log_losses)
    if count < MIN_FORECASTERS:
        return None
    mean = fmean(log_losses)
    return tuple(100 * count / (count - 1) * (mean - loss) for loss in log_losses)


def skill(losses: Sequence[float], baseline_losses: Sequence[float]) -> float | None:
    """Return what share of a baseline's loss a forecaster avoids: 1 − mean loss / mean baseline.

    A ratio of means, not a mean of ratios, so a claim on which the baseline is nearly right does
    not outweigh all others.

    Args:
        losses: On some claims, by one rule, in one unit.
        baseline_losses: The baseline's on the same claims.

    Returns:
        1 for no loss, 0 for the baseline's, negative for more; None if there are no claims or the
        baseline has no loss.

    Raises:
        ValueError: They are not as many as each other.

    Source:
        Murphy (1988).
    """
    if len(losses) != len(baseline_losses):
        raise ValueError(
            f"{len(losses)} losses against {len(baseline_losses)} of the baseline; give the "
            "baseline's on the same claims"
        )
    total = math.fsum(baseline_losses)
    return 1 - math.fsum(losses) / total if total > 0 else None
