"""Damage on three axes: epochs, optimizer steps, and the learning rate left to heal it with."""

# pyright: reportUnknownMemberType=false
# matplotlib's stubs leave **kwargs untyped, which makes each of its methods "partially unknown".

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, StrMethodFormatter

from cpbench.records.series import Point, Series
from cpbench.report.figures.canvas import card, panel, pinned_style, subtitle, to_svg, write_at
from cpbench.report.figures.labels import Label, label_ends, name, room
from cpbench.report.figures.marks import Abscissa, curve, few_ticks, limits
from cpbench.report.figures.style import MUTED, WIDTH, Ink

LEFT, TOP, HEIGHT, GAP, RIGHT = 48, 84, 250, 34, 24


def damage(series: Sequence[Series], inks: Mapping[str, Ink]) -> str:
    """Return three panels with a shared y axis: which x makes the arms' curves fall together?"""
    series = [one for one in series if one.damage]
    points = [point for one in series for point in one.damage]
    with pinned_style():
        figure = card(TOP + HEIGHT + 58)
        write_at(
            figure,
            16,
            28,
            "Damage: accuracy lost against the same run without the deficit, pp",
            fontweight="bold",
        )
        subtitle(figure, 16, 46, _subtitle(series))
        labels = [Label(name(one.arm), one.damage[-1].mean, inks[one.arm].colour) for one in series]
        frames = _frames(figure, room(labels))
        for axes, (words, x) in zip(frames, _CLOCKS, strict=True):
            for one in series:
                curve(axes, one.damage, inks[one.arm], x, strong=False)
            axes.set_xlabel(words)
            axes.set_ylim(*limits(points))
            axes.axhline(0, color=MUTED, linewidth=0.8, zorder=1)
            few_ticks(axes)
            axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
            axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        for axes in frames[1:]:
            axes.tick_params(labelleft=False)
        _budget_axis(frames[2], series)
        label_ends(frames[0], max(point.removal for point in points), labels)
        return to_svg(figure)


def _frames(figure: Figure, names: int) -> list[Axes]:
    """Return three frames; the gap after the first holds the arms' names."""
    wide = (WIDTH - LEFT - names - GAP - RIGHT) // 3
    lefts = (LEFT, LEFT + wide + names, LEFT + 2 * wide + names + GAP)
    return [panel(figure, left, TOP, wide, HEIGHT) for left in lefts]


def same_budget(series: Sequence[Series]) -> bool:
    """Return whether every removal of an arm leaves the same Σ lr·steps to heal with."""
    return all(_spread(one.damage) < 1e-9 for one in series)  # noqa: PLR2004


def _subtitle(series: Sequence[Series]) -> str:
    if len(series) == 1:
        return "the same points on three clocks"
    return "the same points on three clocks: on which do the arms fall together?"


def _spread(points: Sequence[Point]) -> float:
    budgets = [point.lr_steps_left for point in points]
    return (max(budgets) - min(budgets)) / (max(budgets) or 1.0) if budgets else 0.0


def _budget_axis(axes: Axes, series: Sequence[Series]) -> None:
    """Let time run to the right: from much learning rate left to little, on a log scale."""
    budgets = [point.lr_steps_left for one in series for point in one.damage]
    if min(budgets) > 0:
        axes.set_xscale("log")
        wide = max(budgets) > 30 * min(budgets)
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0,) if wide else (1.0, 2.0, 5.0)))
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.minorticks_off()
        axes.set_xlim(max(budgets) * 1.5, min(budgets) / 1.5)
    else:
        axes.set_xlim(max(budgets) * 1.05 or 1.0, -0.05 * max(budgets))
    if same_budget(series):
        axes.text(
            0.5,
            1.0,
            "the same at every removal:\nthis clock stands still",
            transform=axes.transAxes,
            ha="center",
            va="bottom",
            fontsize=9.75,
            color=MUTED,
        )


def _removal(point: Point) -> float:
    return point.removal


def _steps(point: Point) -> float:
    return point.steps


def _budget(point: Point) -> float:
    return point.lr_steps_left


_CLOCKS: tuple[tuple[str, Abscissa], ...] = (
    ("removal, in epochs", _removal),
    ("removal, in optimizer steps", _steps),
    ("Σ lr · steps left after removal", _budget),
)
