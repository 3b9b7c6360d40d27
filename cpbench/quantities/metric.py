"""metric: any number of the tidy results, by name, at one removal epoch; in the metric's unit."""

from cpbench.quantities.estimates import Estimate, exact, unknown
from cpbench.quantities.metrics import (
    Metric,
    ambiguity,
    means_of,
    num_seeds_of,
    sources_of,
    values_of,
)
from cpbench.quantities.resampling import View
from cpbench.specs.quantities import Arguments


def metric(view: View, arguments: Arguments) -> Estimate:
    """Return the mean of a metric over the seeds that have it, at one removal epoch."""
    series, removal = view.series, int(arguments["removal"])
    asked = Metric(str(arguments["name"]), str(arguments["at"]))
    of = str(arguments.get("of", ""))
    if asked.is_llc and asked.at == "removal" and removal == 0:
        return unknown(view, "invalid", "λ̂ of an untrained net means nothing")
    sources = sources_of(series, asked)
    if sources and of and of not in sources:
        return unknown(view, "invalid", f"{asked.words} comes from {', '.join(sources)}, not {of}")
    if problem := ambiguity(series, asked, of):
        return unknown(view, "invalid" if sources else "missing", problem)
    values, column = values_of(series, asked, of), series.column(removal)
    num_seeds = num_seeds_of(view, values)[column]
    if not num_seeds:
        note = f"no seed of {series.name} has a sound {asked.words}, removed at epoch {removal}"
        return unknown(view, "missing", note)._replace(num_seeds=0)
    note = "read on one seed, so its interval has no width" if num_seeds == 1 else ""
    return exact(means_of(view, values)[:, column])._replace(num_seeds=num_seeds, note=note)
