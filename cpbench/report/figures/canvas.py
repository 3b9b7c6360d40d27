"""The card a figure is drawn on: placed in CSS pixels, written as deterministic SVG."""

# pyright: reportUnknownMemberType=false
# matplotlib's stubs leave **kwargs untyped, which makes each of its methods "partially unknown".

import io
import re
from collections.abc import Generator
from contextlib import contextmanager

import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from cpbench.report.figures.style import EDGE, GRID, MUTED, PAPER, STYLE, WIDTH

_LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}")


@contextmanager
def pinned_style() -> Generator[None]:
    """Draw inside this: matplotlib's defaults and ours, whatever the user has configured."""
    with matplotlib.style.context(["default", STYLE]):
        yield


def card(height: int) -> Figure:
    """Return an empty figure, WIDTH × `height` pixels, on an opaque card with round corners.

    The card carries its own paper, so it reads the same on light and on dark pages.
    """
    figure = Figure(figsize=(WIDTH / 96, height / 96))
    figure.patch.set_visible(False)
    points = 0.75
    paper = FancyBboxPatch(
        (points, points),
        (WIDTH - 2) * points,
        (height - 2) * points,
        boxstyle="round,pad=0,rounding_size=6",
        facecolor=PAPER,
        edgecolor=EDGE,
        linewidth=0.8,
        transform=None,
        zorder=-1,
    )
    figure.add_artist(paper)
    return figure


def panel(figure: Figure, left: int, top: int, width: int, height: int) -> Axes:
    """Return axes whose frame lies at these pixels from the card's upper left corner."""
    total = figure.get_size_inches()[1] * 96
    box = (left / WIDTH, 1 - (top + height) / total, width / WIDTH, height / total)
    axes = figure.add_axes(box)
    axes.spines["left"].set_visible(False)
    axes.grid(visible=True, axis="y", color=GRID, linewidth=0.8)
    return axes


def write_at(figure: Figure, left: float, top: float, text: str, **look: object) -> None:
    """Write text with its baseline at these pixels from the upper left corner."""
    total = figure.get_size_inches()[1] * 96
    style: dict[str, object] = {"fontsize": 10.5, "va": "baseline", "ha": "left", **look}
    figure.text(left / WIDTH, 1 - top / total, text, **style)  # pyright: ignore[reportArgumentType]


def subtitle(figure: Figure, left: float, top: float, text: str) -> None:
    """Write a quiet line of explanation."""
    write_at(figure, left, top, text, color=MUTED, fontsize=9.75)


def to_svg(figure: Figure) -> str:
    """Return the figure as SVG: the same figure gives the same bytes, whatever the day."""
    stream = io.StringIO()
    metadata = {"Date": None, "Creator": None}
    figure.savefig(stream, format="svg", transparent=True, metadata=metadata)
    return _LONG_NUMBER.sub(lambda found: _short(found.group()), stream.getvalue())


def _short(number: str) -> str:
    # A hundredth of a point cannot be seen; the rest is a third of the file and differs by machine.
    # Numbers below one may be scales of glyphs, which want their digits.
    value = float(number)
    text = f"{value:.{2 if abs(value) >= 1 else 4}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
