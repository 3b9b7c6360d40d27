"""Where the benchmarks of the judge leave their numbers."""

from functools import partial

from benchmarks import results
from benchmarks.results import ROOT

__all__ = ["FOLDER", "ROOT", "write"]

FOLDER = results.FOLDER / "judge"
write = partial(results.write, folder=FOLDER)
