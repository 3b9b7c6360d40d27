"""Where the engine's benchmarks leave their numbers, and what their command lines share."""

import argparse
import logging

from benchmarks import results

ROOT = results.ROOT
FOLDER = results.FOLDER / "engine"
log = logging.getLogger(__package__)


def parser(about: str | None, rounds: int) -> argparse.ArgumentParser:
    """Return a command line that knows `--rounds`, `--tiny` and `--folder`, and log to stderr.

    Args:
        about: The module's docstring.
        rounds: How often methods take turns unless said otherwise.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    found = argparse.ArgumentParser(description=about)
    found.add_argument("--rounds", type=int, default=rounds, help="how often methods take turns")
    found.add_argument("--tiny", action="store_true", help="toy sizes: does it run at all?")
    found.add_argument("--folder", type=results.Path, default=FOLDER, help="where the JSON goes")
    return found
