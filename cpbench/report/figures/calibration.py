"""Reliability: what was said against how often it came true, and coverage of stated intervals."""

# pyright: reportUnknownMemberType=false
# matplotlib's stubs leave **kwargs untyped, which makes each of its methods "partially unknown".

from math import sqrt

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, PercentFormatter

from cpbench.records.standings import Bin, Calibration
from cpbench.report.calibration import FEW, PALE
from cpbench.report.figures.canvas import card, panel, pinned_style, subtitle, to_svg, write_at
from cpbench.report.figures.style import COLOURS, GRID, MUTED, PAPER, WIDTH

LEFT, TOP, HEIGHT, GAP, NARROW, RIGHT = 66, 92, 340, 74, 260, 34
SMALLEST, LARGEST = 4.0, 17.0
"""Diameters, in points, of a bin of one forecast and of the fullest bin."""


def calibration_figure(calibration: Calibration) -> str:
    """Return a reliability diagram and, with enough numeric forecasts, a panel of coverage."""
    with pinned_style():
        figure = card(TOP + HEIGHT + 58)
        title = "How often things said with probability p came true"
        write_at(figure, 16, 28, title, fontweight="bold")
        words = f"Jeffreys 95 % intervals; n: forecasts in the bin; pale: fewer than {PALE}"
        subtitle(figure, 16, 46, words)
        is_numeric = calibration.num_numeric >= FEW and bool(calibration.coverage)
        wide = WIDTH - LEFT - RIGHT - (GAP + NARROW if is_numeric else 0)
        axes = panel(figure, LEFT, TOP, wide, HEIGHT)
        _percents(axes, "probability that was said")
        write_at(figure, 16, TOP - 12, "n", fontsize=9.75, color=MUTED)
        fullest = max(one.n for one in calibration.bins)
        for one in calibration.bins:
            _bin(axes, one, fullest)
        if is_numeric:
            left = LEFT + wide + GAP
            words = f"outcomes inside stated intervals, {calibration.num_numeric:,} numbers"
            write_at(figure, left - 40, TOP - 12, words, fontsize=9.75, color=MUTED)
            _coverage(panel(figure, left, TOP, NARROW, HEIGHT), calibration)
        return to_svg(figure)


def _percents(axes: Axes, across: str) -> None:
    """Lay out shares over shares, with the diagonal on which a perfect forecaster lies."""
    axes.set_xlim(-0.03, 1.03)
    axes.set_ylim(-0.03, 1.03)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(FixedLocator([0, 0.25, 0.5, 0.75, 1]))
        axis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    axes.grid(visible=True, axis="x", color=GRID, linewidth=0.8)
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1.0, linestyle=(0, (5, 3)), zorder=1)
    axes.set_xlabel(across)


def _bin(axes: Axes, one: Bin, fullest: int) -> None:
    if one.mean_forecast is None or one.hit_rate is None:
        return
    alpha = 0.3 if one.n < PALE else 1.0
    x, y = one.mean_forecast, one.hit_rate
    if one.jeffreys:
        axes.plot([x, x], one.jeffreys, color=COLOURS[0], linewidth=1.6, alpha=alpha, zorder=2)
    size = SMALLEST + (LARGEST - SMALLEST) * sqrt(one.n / fullest)
    axes.plot(
        [x],
        [y],
        color=COLOURS[0],
        marker="o",
        markersize=size,
        alpha=alpha,
        markeredgecolor=PAPER,
        zorder=3,
        clip_on=False,
    )
    axes.annotate(
        f"{one.n:,}",
        (x, 1),
        xycoords=("data", "axes fraction"),
        xytext=(0, 9),
        textcoords="offset points",
        ha="center",
        fontsize=9,
        color=MUTED,
    )


def _coverage(axes: Axes, calibration: Calibration) -> None:
    _percents(axes, "central share that was stated")
    pairs = sorted((float(stated), found) for stated, found in calibration.coverage.items())
    xs, ys = [stated for stated, _ in pairs], [found for _, found in pairs]
    axes.plot(xs, ys, color=COLOURS[1], linewidth=1.6, marker="s", markersize=6, clip_on=False)
