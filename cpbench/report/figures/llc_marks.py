"""Marks of λ̂: brackets, open where flagged, crosses where failed, and what lies off the scale."""

# pyright: reportUnknownMemberType=false
# matplotlib's stubs leave **kwargs untyped, which makes each of its methods "partially unknown".

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from matplotlib.axes import Axes

from cpbench.records.llc import LlcPoint
from cpbench.report.figures.style import MUTED, PAPER, Ink
from cpbench.report.numbers import decimal

REACH = 2.0
"""A flagged reading farther from the sound ones than this many times their range is off scale."""

Place = Callable[[LlcPoint], float]


class Limits(NamedTuple):
    """Of the λ̂ axis."""

    low: float
    high: float

    def hold(self, point: LlcPoint) -> bool:
        """Return whether a reading has a number that stands on the scale."""
        return point.llc is not None and self.low <= point.llc <= self.high


class Look(NamedTuple):
    """How the readings of one run or one control are drawn."""

    ink: Ink
    dashes: tuple[float, ...] = ()
    is_small: bool = False


def has_bar(point: LlcPoint) -> bool:
    """Return whether a reading has a bracket: those of others may have none."""
    low, high = _bar(point)
    return low < high


def key(points: Sequence[LlcPoint]) -> str:
    """Return what the marks mean, those only that are drawn."""
    held = [point for point in points if point.llc is not None]
    marks = (
        ("bar: from λ̂ − b̂ − 2 SE to λ̂ + 2 SE, mark at λ̂ − b̂", any(map(has_bar, held))),
        ("filled: passed the checks", any(point.status == "ok" for point in held)),
        ("open: flagged", any(point.status != "ok" for point in held)),
        ("×: failed", len(held) < len(points)),
    )
    return " · ".join(words for words, is_drawn in marks if is_drawn)


def llc_limits(points: Iterable[LlcPoint]) -> Limits:
    """Return limits that sound readings fill: no flagged one can squeeze them flat.

    A flagged reading widens them as far as REACH and no farther; an untrained net's not at all, as
    long as there is any other.
    """
    known = [point for point in points if point.llc is not None]
    flagged = [point for point in known if point.status != "ok" and point.epoch]
    sound = [point for point in known if point.status == "ok"] or flagged or known
    edges = [edge for point in sound for edge in _bar(point)] or [0.0, 1.0]
    low, high = min(edges), max(edges)
    reach = REACH * (high - low)
    near = [edge for point in flagged for edge in _bar(point) if low - reach < edge < high + reach]
    low, high = min([low, *near]), max([high, *near])
    air = 0.1 * (high - low) or 1.0
    return Limits(low - air, high + air)


def draw_line(axes: Axes, points: Sequence[LlcPoint], look: Look, place: Place) -> None:
    """Join the readings of one curve, but not across one that is off the scale."""
    limits = Limits(*axes.get_ylim())
    for holds, stretch in groupby(points, key=limits.hold):
        if holds:
            line = list(stretch)
            (drawn,) = axes.plot(
                [place(point) for point in line],
                [point.llc or 0.0 for point in line],
                color=look.ink.colour,
                linewidth=0.9,
                alpha=0.5,
            )
            if look.dashes:
                drawn.set_dashes(look.dashes)


def draw_mark(axes: Axes, point: LlcPoint, look: Look, x: float) -> None:
    """Draw one reading with its bracket, or a cross on the axis where it failed."""
    limits = Limits(*axes.get_ylim())
    colour = look.ink.colour
    if point.llc is None:
        axes.plot([x], [limits.low], marker="x", color=colour, markersize=7, clip_on=False)
    if point.llc is None or not limits.hold(point):
        return
    axes.plot([x, x], list(_bar(point)), color=colour, linewidth=1.2, alpha=0.6)
    axes.plot(
        [x],
        [point.llc],
        marker=look.ink.marker,
        markersize=3.6 if look.is_small else 6,
        markeredgewidth=1.3,
        markeredgecolor=colour,
        markerfacecolor=colour if point.status == "ok" else PAPER,
    )


def entitle(axes: Axes, title: str, points: Iterable[LlcPoint], place: Place) -> None:
    """Write a title, and under it what lies off the scale; mark at the edges where.

    As `▽ off scale: untrained −35 to −20`.
    """
    limits = Limits(*axes.get_ylim())
    axes.set_title(title, loc="left", fontsize=9.75, color=MUTED, pad=20)
    off = [point for point in points if point.llc is not None and not limits.hold(point)]
    above = [point for point in off if (point.llc or 0.0) > limits.high]
    below = [point for point in off if (point.llc or 0.0) < limits.low]
    for edge, marker, beyond in ((limits.high, "^", above), (limits.low, "v", below)):
        _edge_marks(axes, sorted({place(point) for point in beyond}), edge, marker)
    notes = [
        f"{sign} off scale: {_words(beyond)}"
        for sign, beyond in (("△", above), ("▽", below))
        if beyond
    ]
    axes.annotate(
        " · ".join(notes),
        (0, 1),
        xycoords="axes fraction",
        xytext=(0, 7),
        textcoords="offset points",
        fontsize=9,
        color=MUTED,
    )


def _words(points: Sequence[LlcPoint]) -> str:
    untrained = [point for point in points if not point.epoch]
    flagged = [point for point in points if point.epoch]
    named = (("untrained", untrained), ("flagged", flagged))
    return ", ".join(f"{why} {_span(each)}" for why, each in named if each)


def _span(points: Sequence[LlcPoint]) -> str:
    values = sorted(point.llc or 0.0 for point in points)
    return " to ".join(dict.fromkeys(decimal(value, 1) for value in (values[0], values[-1])))


def _edge_marks(axes: Axes, xs: Sequence[float], edge: float, marker: str) -> None:
    axes.plot(
        xs,
        [edge] * len(xs),
        linestyle="none",
        marker=marker,
        markersize=6,
        markeredgecolor=MUTED,
        markerfacecolor=PAPER,
        clip_on=False,
        zorder=5,
    )


def _bar(point: LlcPoint) -> tuple[float, float]:
    center = point.llc or 0.0
    low = center if point.low is None else point.low
    return low, center if point.high is None else point.high
