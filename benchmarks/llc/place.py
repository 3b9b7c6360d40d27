"""Where the benchmarks of λ̂ leave their numbers."""

from functools import partial

from benchmarks import results

FOLDER = results.FOLDER / "llc"
write = partial(results.write, folder=FOLDER)
