"""recovered_fraction: what removing the deficit late wins back of what it costs; a plain number.

    (plateau − never) / (baseline − never)

1: nothing is lasting; 0: removing it at the end of the critical period is no better than never.
"""

import numpy as np

from cpbench.quantities.estimates import Estimate, exact
from cpbench.quantities.plateau import plateau
from cpbench.quantities.resampling import View
from cpbench.specs.quantities import Arguments


def recovered_fraction(view: View, _: Arguments) -> Estimate:
    """Return the recovered fraction; there is none without a plateau."""
    level = plateau(view, {})
    never = view.control("never_removed")[:, -1]
    whole = view.control("no_deficit")[:, -1] - never
    share = (level.low - never) / np.where(whole > 0, whole, np.nan)
    if level.status == "ok" and not whole[0] > 0:
        note = f"never removing the deficit costs {view.series.name} nothing"
        return exact(share)._replace(status="invalid", note=note)
    return exact(share)._replace(status=level.status, note=level.note)
