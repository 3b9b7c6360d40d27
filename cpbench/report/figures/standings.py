"""Skill by forecaster: a row each, its interval, and the line of a forecast that knows nothing."""

# pyright: reportUnknownMemberType=false
# matplotlib's stubs leave **kwargs untyped, which makes each of its methods "partially unknown".

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from cpbench.records.standings import Standing, Standings
from cpbench.report.figures.canvas import card, panel, pinned_style, subtitle, to_svg, write_at
from cpbench.report.figures.style import COLOURS, GRID, MUTED, WIDTH
from cpbench.report.numbers import decimal

TOP, ROW, BELOW, RIGHT = 62, 26, 52, 190
LONGEST = 32
FLOOR = -1.5
"""Skill below which a row is cut off at the edge: one bad claim must not squeeze all others."""


def standings_figure(standings: Standings) -> str:
    """Return a card with one row per forecaster that has a skill, in the table's order."""
    rows = [one for one in standings.rows if one.skill is not None]
    with pinned_style():
        left = 34 + round(8.2 * max(len(_name(one.by)) for one in rows))
        height = ROW * len(rows)
        figure = card(TOP + height + BELOW)
        axes = panel(figure, left, TOP, WIDTH - left - RIGHT, height)
        _frame(figure, axes, rows)
        for place, one in enumerate(rows):
            _row(axes, place, one)
        return to_svg(figure)


def _frame(figure: Figure, axes: Axes, rows: list[Standing]) -> None:
    numbers = [0.0, *(one.skill or 0.0 for one in rows)]
    numbers += [edge for one in rows for edge in _bracket(one) or ()]
    low, high = max(min(numbers), FLOOR), max(numbers)
    air = 0.06 * (high - low) or 0.1
    axes.set_xlim(low - air, min(high + air, 1.0 + air))
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x", color=GRID, linewidth=0.8)
    axes.axvline(0, color=MUTED, linewidth=1.0, zorder=1)
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
    axes.set_yticks(range(len(rows)), [_name(one.by) for one in rows])
    axes.set_xlabel("skill: 0 is no better than even chances, 1 is perfect")
    write_at(figure, 16, 28, "Skill of forecasters with the same information", fontweight="bold")
    words = "90 % interval from resampling protocols; grey: not told apart from 0; right is better"
    subtitle(figure, 16, 46, words)


def _row(axes: Axes, place: int, one: Standing) -> None:
    left, _ = axes.get_xlim()
    skill, bracket = one.skill or 0.0, _bracket(one)
    # An interval that holds 0 shows no skill, so it is drawn quiet.
    colour = MUTED
    if bracket and not bracket[0] <= 0 <= bracket[1]:
        colour = COLOURS[0] if bracket[0] > 0 else COLOURS[1]
    if bracket:
        axes.plot(
            [max(edge, left) for edge in bracket],
            [place, place],
            color=colour,
            linewidth=5.0,
            alpha=0.28,
            solid_capstyle="butt",
        )
    marker = "o" if skill >= left else "<"
    axes.plot([max(skill, left)], [place], color=colour, marker=marker, markersize=6, clip_on=False)
    axes.annotate(
        _words(skill, bracket),
        (1, place),
        xycoords=("axes fraction", "data"),
        xytext=(10, 0),
        textcoords="offset points",
        color=colour,
        fontsize=9.75,
        va="center",
        annotation_clip=False,
    )


def _name(by: str) -> str:
    """Return a name, cut in its middle: series of names differ at their ends."""
    half = LONGEST // 2
    return by if len(by) <= LONGEST else f"{by[: half - 1]}…{by[-half:]}"


def _bracket(one: Standing) -> tuple[float, float] | None:
    if one.skill_low is None or one.skill_high is None:
        return None
    return one.skill_low, one.skill_high


def _words(skill: float, bracket: tuple[float, float] | None) -> str:
    if bracket is None:
        return f"{_short(skill)}  no interval"
    return f"{_short(skill)}  [{_short(bracket[0])}, {_short(bracket[1])}]"


def _short(skill: float) -> str:
    return decimal(skill, 2 if abs(skill) < 10 else 0)  # noqa: PLR2004
