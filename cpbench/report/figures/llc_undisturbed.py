"""λ̂ along runs that no deficit disturbs, over the loss they were at: the normal λ̂ graph."""

# pyright: reportUnknownMemberType=false
# matplotlib's stubs leave **kwargs untyped, which makes each of its methods "partially unknown".

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, StrMethodFormatter

from cpbench.records.llc import LlcPoint
from cpbench.records.llc_curves import curves
from cpbench.records.series import Series
from cpbench.report.figures.canvas import card, panel, pinned_style, subtitle, to_svg, write_at
from cpbench.report.figures.labels import Label, label_ends, name, room
from cpbench.report.figures.llc_marks import (
    Look,
    draw_line,
    draw_mark,
    entitle,
    key,
    llc_limits,
)
from cpbench.report.figures.marks import few_ticks
from cpbench.report.figures.style import MUTED, WIDTH, Ink

LEFT, TOP, HEAD, HEIGHT, GAP, LOW, FOOT = 54, 58, 46, 240, 34, 110, 52
SEED_DASHES: tuple[tuple[float, ...], ...] = ((), (4.0, 2.0), (1.0, 1.5), (6.0, 2.0, 1.0, 2.0))


class Run(NamedTuple):
    """Readings along one training, by epoch."""

    arm: str
    seed: int
    measurement: str
    points: tuple[LlcPoint, ...]


def runs_of(series: Sequence[Series]) -> tuple[Run, ...]:
    """Return the undisturbed runs with readings along the way, the longest of each arm and seed.

    Without the deficit, the runs of one arm and seed are one training of several lengths, so what
    a measurement of the no-deficit control alone reads at the removals lies along one run.
    """
    longest: dict[tuple[str, str, int], Run] = {}
    for one in series:
        runs: dict[tuple[str, int, str, int], list[LlcPoint]] = {}
        with_curve = {point.measurement for point in one.llc if not point.control}
        for point in one.llc:
            if not _is_undisturbed(point, has_curve=point.measurement in with_curve):
                continue
            run = point.removal if point.at == "every" else -1
            key = (point.measurement, point.seed, point.control, run)
            runs.setdefault(key, []).append(point)
        for (measurement, seed, _, _), points in sorted(runs.items()):
            ordered = tuple(sorted(points, key=lambda point: point.epoch))
            run = Run(one.arm, seed, measurement, ordered)
            known = longest.setdefault((measurement, one.arm, seed), run)
            if ordered[-1].epoch > known.points[-1].epoch:
                longest[measurement, one.arm, seed] = run
    return tuple(run for _, run in sorted(longest.items()))


def llc_undisturbed(series: Sequence[Series], inks: Mapping[str, Ink]) -> str:
    """Return λ̂ with brackets by epoch, and the loss L(w*) of the same states below it."""
    runs = runs_of(series)
    measurements = list(dict.fromkeys(run.measurement for run in runs))
    block = HEAD + HEIGHT + GAP + LOW + FOOT
    with pinned_style():
        figure = card(TOP + block * len(measurements))
        write_at(figure, 16, 28, "λ̂ along a training without a deficit", fontweight="bold")
        subtitle(figure, 16, 46, key([point for run in runs for point in run.points]))
        for place, measurement in enumerate(measurements):
            chosen = [run for run in runs if run.measurement == measurement]
            _draw(figure, chosen, inks, TOP + block * place)
        return to_svg(figure)


def _is_undisturbed(point: LlcPoint, *, has_curve: bool) -> bool:
    """Return whether a reading is along a run whose deficit window is empty."""
    if point.at == "every":
        return point.control == "no_deficit" or (not point.control and point.removal == 0)
    return point.at == "removal" and point.control == "no_deficit" and not has_curve


def _draw(figure: Figure, runs: Sequence[Run], inks: Mapping[str, Ink], top: int) -> None:
    points = [point for run in runs for point in run.points]
    names = _names(runs)
    wide = WIDTH - LEFT - room([Label(each, 0.0, 0.0, MUTED) for each in names])
    upper = panel(figure, LEFT, top + HEAD, wide, HEIGHT)
    lower = panel(figure, LEFT, top + HEAD + HEIGHT + GAP, wide, LOW)
    last = max(point.epoch for point in points)
    for axes in (upper, lower):
        axes.set_xlim(-0.02 * (last or 1), 1.02 * (last or 1))
    upper.set_ylim(*llc_limits(points))
    upper.tick_params(labelbottom=False)
    few_ticks(upper)
    _draw_llc(upper, runs, inks, aside=6 * 1.04 * (last or 1) / wide)
    entitle(upper, runs[0].measurement, points, _epoch)
    _draw_loss(lower, runs, inks)
    label_ends(upper, _labels(runs, names, inks))


def _draw_llc(axes: Axes, runs: Sequence[Run], inks: Mapping[str, Ink], *, aside: float) -> None:
    """Draw every run, each `aside` epochs farther to the right, so that no mark hides another."""
    for index, run in enumerate(runs):
        look = Look(inks[run.arm], _dashes(index))
        shift = (index - (len(runs) - 1) / 2) * aside
        for line in curves(run.arm, run.points):
            draw_line(axes, line, look, lambda point, shift=shift: point.epoch + shift)
        for point in run.points:
            draw_mark(axes, point, look, point.epoch + shift)


def _draw_loss(axes: Axes, runs: Sequence[Run], inks: Mapping[str, Ink]) -> None:
    axes.set_title("L(w*), the loss λ̂ is measured on, nats", loc="left", fontsize=9.75, color=MUTED)
    axes.set_xlabel("epoch")
    losses: list[float] = []
    for index, run in enumerate(runs):
        levels = [math.nan if point.loss is None else point.loss for point in run.points]
        losses += [level for level in levels if not math.isnan(level)]
        (drawn,) = axes.plot(
            [point.epoch for point in run.points],
            levels,
            color=inks[run.arm].colour,
            linewidth=1.2,
            marker=inks[run.arm].marker,
            markersize=3,
        )
        if _dashes(index):
            drawn.set_dashes(_dashes(index))
    if losses and min(losses) > 0:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(numticks=5))
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.minorticks_off()
    else:
        few_ticks(axes, count=3)


def _names(runs: Sequence[Run]) -> list[str]:
    is_one = len({run.arm for run in runs}) == 1
    return [f"seed {run.seed}" if is_one else name(f"{run.arm} {run.seed}") for run in runs]


def _labels(runs: Sequence[Run], names: Sequence[str], inks: Mapping[str, Ink]) -> list[Label]:
    limits = llc_limits([point for run in runs for point in run.points])
    labels: list[Label] = []
    for run, words in zip(runs, names, strict=True):
        held = [point for point in run.points if limits.hold(point)]
        if held:
            last = held[-1]
            colour = inks[run.arm].colour
            labels.append(Label(words, last.epoch, last.llc or 0.0, colour, "normal"))
    return labels


def _dashes(index: int) -> tuple[float, ...]:
    return SEED_DASHES[index % len(SEED_DASHES)]


def _epoch(point: LlcPoint) -> float:
    return point.epoch
