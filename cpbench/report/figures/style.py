"""How every figure looks: paper, ink, one colour and one marker per arm."""

from collections.abc import Iterable
from typing import NamedTuple

PAPER = "#FCFBF8"
EDGE = "#E4E1D8"
TEXT = "#23232B"
MUTED = "#6B6A70"
GRID = "#E9E7E0"

WIDTH = 900
"""Of every figure, in CSS pixels."""

STYLE: dict[str, object] = {
    "svg.hashsalt": "cpbench",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 10.5,
    "text.color": TEXT,
    "text.parse_math": False,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": TEXT,
    "axes.facecolor": "none",
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": TEXT,
    "ytick.labelcolor": TEXT,
    "xtick.labelsize": 9.75,
    "ytick.labelsize": 9.75,
    "ytick.major.size": 0,
    "path.simplify": True,
    "figure.dpi": 72,
}
"""Laid over matplotlib's own defaults, so that nobody's matplotlibrc can change a byte."""

# Chosen to be far apart under normal, protan, deutan and tritan sight (Machado et al. 2009) among
# colours that can be read as text on PAPER. Markers and direct labels tell arms apart once more.
COLOURS = ("#0F6CB6", "#D55E00", "#222233", "#00875F", "#AA3377", "#5B3A00")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")

CONTROL_DASHES: dict[str, tuple[float, ...]] = {
    "no_deficit": (1.0, 2.0),
    "never_removed": (5.0, 2.5),
    "schedule_only": (6.0, 2.0, 1.0, 2.0),
}
CONTROL_WORDS = {
    "no_deficit": "no deficit",
    "never_removed": "never removed",
    "schedule_only": "schedule only",
}


class Ink(NamedTuple):
    """How one arm is drawn, in every figure of its protocol."""

    colour: str
    marker: str


def inks(arms: Iterable[str]) -> dict[str, Ink]:
    """Return an ink per arm, by its place in the plan."""
    return {
        arm: Ink(COLOURS[index % len(COLOURS)], MARKERS[index % len(MARKERS)])
        for index, arm in enumerate(arms)
    }
