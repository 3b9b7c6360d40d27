"""Scoring rules: how far a forecast was from what happened, by type of claim.

Losses keep their names and are lower-is-better: `brier`, `log_loss`, `spherical_loss`, `brier_sum`,
`rps`, `pinball`, `wis`, `interval_score`, `crps`, `absolute_error`. Points are higher-is-better:
`baseline_score`, `peer_score`, `skill`.
"""

from cpbench.scoring.rules.binary import brier

__all__ = ["brier"]
