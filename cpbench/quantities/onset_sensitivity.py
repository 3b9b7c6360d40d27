"""onset_sensitivity: what a deficit that sets in at one epoch costs, in percentage points.

    no_deficit − curve at the sweep point with that onset, paired by seed

Source: Achille, Rovere & Soatto (2019), Fig. 3: a window of fixed length slides over the training.
"""

from cpbench.quantities.damage import damages
from cpbench.quantities.estimates import Estimate, exact, unknown
from cpbench.quantities.resampling import View
from cpbench.specs.quantities import Arguments


def onset_sensitivity(view: View, arguments: Arguments) -> Estimate:
    """Return the damage of the one sweep point whose deficit sets in at `onset`."""
    onset = int(arguments["onset"])
    onsets = [condition.onset for condition in view.series.conditions]
    if onsets.count(onset) != 1:
        found = "several sweep points" if onset in onsets else "no sweep point"
        return unknown(view, "invalid", f"{view.series.name} has {found} with onset {onset}")
    return exact(damages(view)[:, onsets.index(onset)])
