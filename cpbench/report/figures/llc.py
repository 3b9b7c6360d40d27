"""λ̂ by removal epoch, one mark per seed, with what the sampler's checks said about it."""

# pyright: reportUnknownMemberType=false
# matplotlib's stubs leave **kwargs untyped, which makes each of its methods "partially unknown".

from collections.abc import Mapping, Sequence
from itertools import groupby
from statistics import fmean
from typing import NamedTuple

from matplotlib.axes import Axes

from cpbench.records.scores import LlcPoint, Series
from cpbench.report.figures.canvas import card, panel, pinned_style, subtitle, to_svg, write_at
from cpbench.report.figures.labels import Label, label_ends, name, room
from cpbench.report.figures.marks import few_ticks, removal_ticks
from cpbench.report.figures.style import (
    CONTROL_DASHES,
    CONTROL_WORDS,
    MUTED,
    PAPER,
    WIDTH,
    Ink,
)

LEFT, TOP, HEIGHT, GAP = 54, 94, 240, 32
KEY = (
    "filled: passed the sampler's checks · open: flagged · × on the axis: failed, no number · "
    "bar: ± 1 standard error"
)
MOMENTS = {"removal": "at the removal", "final": "at the end of training"}


class Line(NamedTuple):
    """λ̂ of one seed over the removal epochs, on the curve or on a control."""

    arm: str
    control: str
    """Empty for the curve."""
    seed: int
    points: Sequence[LlcPoint]


def llc(series: Sequence[Series], inks: Mapping[str, Ink]) -> str:
    """Return λ̂ at the removal and at the end; failed readings lie as crosses on the axis."""
    points = shown([point for one in series for point in one.llc])
    edges = [edge for point in points if point.llc is not None for edge in _bar(point)] or [
        0.0,
        1.0,
    ]
    air = 0.08 * (max(edges) - min(edges)) or 1.0
    with pinned_style():
        figure = card(TOP + HEIGHT + 58)
        write_at(figure, 16, 28, "Local learning coefficient λ̂ of single seeds", fontweight="bold")
        subtitle(figure, 16, 46, KEY)
        names = _labels(series, inks)
        wide = (WIDTH - LEFT - GAP - room(names)) // 2
        for column, (moment, words) in enumerate(MOMENTS.items()):
            axes = panel(figure, LEFT + column * (wide + GAP), TOP, wide, HEIGHT)
            axes.set_ylim(min(edges) - air, max(edges) + air)
            axes.set_title(words, loc="left", fontsize=9.75, color=MUTED)
            axes.tick_params(labelleft=column == 0)
            unit = _removal_axis(axes, points, wide)
            lines = _lines(series, moment)
            for place, line in enumerate(lines):
                shift = (place - (len(lines) - 1) / 2) * min(7.0, 28 / len(lines)) * unit
                _draw(axes, line, inks[line.arm], shift)
            if moment == _labelled(points):
                label_ends(axes, axes.get_xlim()[1], names)
        return to_svg(figure)


def shown(points: Sequence[LlcPoint]) -> list[LlcPoint]:
    """Return what the figure shows: states at the removal and at the end."""
    return [point for point in points if point.at in MOMENTS]


def _lines(series: Sequence[Series], moment: str) -> list[Line]:
    lines: list[Line] = []
    for one in series:
        points = sorted(
            (point for point in shown(one.llc) if point.at == moment),
            key=lambda point: (point.control, point.seed, point.removal),
        )
        for (control, seed), line in groupby(points, key=lambda point: (point.control, point.seed)):
            lines.append(Line(one.arm, control, seed, tuple(line)))
    return lines


def _bar(point: LlcPoint) -> tuple[float, float]:
    center, error = point.llc or 0.0, point.se or 0.0
    return center - error, center + error


def _removal_axis(axes: Axes, points: Sequence[LlcPoint], wide: int) -> float:
    """Set up the axis, and return how many epochs a pixel is."""
    removals = sorted({point.removal for point in points})
    span = max(removals[-1] - removals[0], 1)
    axes.set_xlim(removals[0] - 0.06 * span, removals[-1] + 0.06 * span)
    axes.set_xlabel("epoch at which the deficit is removed")
    few_ticks(axes)
    removal_ticks(axes, removals, pixels=wide)
    return 1.12 * span / wide


def _draw(axes: Axes, line: Line, ink: Ink, shift: float) -> None:
    known = [point for point in line.points if point.llc is not None]
    (drawn,) = axes.plot(
        [point.removal + shift for point in known],
        [point.llc or 0.0 for point in known],
        color=ink.colour,
        linewidth=0.8,
        alpha=0.45,
    )
    if line.control:
        drawn.set_dashes(CONTROL_DASHES[line.control])
    for point in line.points:
        _mark(axes, point, ink, point.removal + shift)


def _mark(axes: Axes, point: LlcPoint, ink: Ink, x: float) -> None:
    if point.llc is None:
        low, _ = axes.get_ylim()
        axes.plot([x], [low], marker="x", markersize=7, color=ink.colour, clip_on=False, zorder=5)
        return
    axes.plot([x, x], list(_bar(point)), color=ink.colour, linewidth=1.2, alpha=0.6)
    axes.plot(
        [x],
        [point.llc],
        marker=ink.marker,
        markersize=3.6 if point.control else 6,
        markeredgewidth=1.3,
        markeredgecolor=ink.colour,
        markerfacecolor=ink.colour if point.status == "ok" else PAPER,
    )


def _labels(series: Sequence[Series], inks: Mapping[str, Ink]) -> list[Label]:
    """Return a label per arm and per control, at its last marks in the panel that is labelled."""
    moment = _labelled([point for one in series for point in one.llc])
    ends: dict[tuple[str, str], list[float]] = {}
    for line in _lines(series, moment):
        known = [point.llc for point in line.points if point.llc is not None]
        if known:
            ends.setdefault((line.arm, line.control), []).append(known[-1])
    return [
        Label(CONTROL_WORDS[control], fmean(means), MUTED, "normal")
        if control
        else Label(name(arm), fmean(means), inks[arm].colour)
        for (arm, control), means in ends.items()
    ]


def _labelled(points: Sequence[LlcPoint]) -> str:
    moments = {point.at for point in shown(points) if point.llc is not None}
    return "final" if "final" in moments else "removal"
