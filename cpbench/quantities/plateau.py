"""plateau: what is reached when the deficit is removed after the critical period, in percent."""

import numpy as np

from cpbench.quantities.broken_stick import MIN_PLATEAU, stick_of
from cpbench.quantities.estimates import Estimate, exact
from cpbench.quantities.resampling import View
from cpbench.specs.quantities import Arguments


def plateau(view: View, _: Arguments) -> Estimate:
    """Return the level of the flat broken stick, where at least three removal epochs lie on it."""
    stick = stick_of(view)
    estimate = exact(np.where(stick.has_drop & stick.has_plateau, stick.level, np.nan))
    if not stick.has_drop[0]:
        return estimate._replace(status="no_drop", note="the curve has no drop")
    if not stick.has_plateau[0]:
        return estimate._replace(
            status="missing", note=f"fewer than {MIN_PLATEAU} removal epochs beyond the end"
        )
    return estimate
