"""Controls: hair lines beside the curves, kept from squeezing them."""

# pyright: reportUnknownMemberType=false
# matplotlib's stubs leave **kwargs untyped, which makes each of its methods "partially unknown".

import textwrap
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import NamedTuple

from matplotlib.axes import Axes

from cpbench.records.series import Point, Series
from cpbench.report.figures.labels import Label, name
from cpbench.report.figures.style import CONTROL_DASHES, CONTROL_WORDS, MUTED, PAPER, Ink
from cpbench.report.numbers import decimal

REACH = 1.5
"""A control farther from the curves than this many times their range is told in words."""


class ControlLine(NamedTuple):
    """One control of one arm."""

    which: str
    arm: str
    points: Sequence[Point]


class Controls(NamedTuple):
    """What is drawn, and what lies too far off to be."""

    near: tuple[ControlLine, ...]
    far: tuple[ControlLine, ...]


def controls_of(series: Sequence[Series]) -> Controls:
    """Return the controls of all arms, those apart that would squeeze the curves flat."""
    lines = [
        ControlLine(which, one.arm, points)
        for which in CONTROL_WORDS
        for one in series
        if (points := _points(one, which))
    ]
    means = [point.mean for one in series for point in one.curve]
    reach = REACH * max(max(means) - min(means), 1.0)
    floor, ceiling = min(means) - reach, max(means) + reach
    far = [
        line for line in lines if not all(floor <= point.mean <= ceiling for point in line.points)
    ]
    return Controls(tuple(line for line in lines if line not in far), tuple(far))


def draw_controls(axes: Axes, controls: Controls, inks: Mapping[str, Ink]) -> None:
    """Draw what is near in its arm's colour and its control's dashes, and say what is far."""
    for line in controls.near:
        (drawn,) = axes.plot(
            [point.removal for point in line.points],
            [point.mean for point in line.points],
            color=inks[line.arm].colour,
            linewidth=0.9,
            alpha=0.7,
        )
        drawn.set_dashes(CONTROL_DASHES[line.which])
    if controls.far:
        axes.text(
            0.008,
            0.025,
            _far_words(controls.far),
            transform=axes.transAxes,
            fontsize=9,
            color=MUTED,
            bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1.5},
        )


def control_labels(controls: Controls) -> list[Label]:
    """Return one label per kind of control, at the middle of its lines' ends."""
    ends: dict[str, list[Point]] = {}
    for line in controls.near:
        ends.setdefault(line.which, []).append(line.points[-1])
    return [
        Label(
            CONTROL_WORDS[which],
            max(point.removal for point in points),
            fmean(point.mean for point in points),
            MUTED,
            "normal",
        )
        for which, points in ends.items()
    ]


def _points(one: Series, which: str) -> Sequence[Point]:
    lines = {
        "no_deficit": one.no_deficit,
        "never_removed": one.never_removed,
        "schedule_only": one.schedule_only,
    }
    return lines[which]


def _far_words(far: Sequence[ControlLine]) -> str:
    said = [
        f"{CONTROL_WORDS[which]}: "
        + ", ".join(
            f"{name(line.arm)} {decimal(line.points[-1].mean, 1)} %"
            for line in far
            if line.which == which
        )
        for which in dict.fromkeys(line.which for line in far)
    ]
    return textwrap.fill(f"beyond the axis, at the last removal – {'; '.join(said)}", 84)
