"""The marks figures are made of: a curve with its band, and the axes it stands on."""

# pyright: reportUnknownMemberType=false
# matplotlib's stubs leave **kwargs untyped, which makes each of its methods "partially unknown".

from collections.abc import Callable, Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, MaxNLocator

from cpbench.records.series import Point
from cpbench.report.figures.style import Ink

Abscissa = Callable[[Point], float]


def curve(
    axes: Axes, points: Sequence[Point], ink: Ink, x: Abscissa, *, strong: bool = True
) -> None:
    """Draw means as a line with markers, and their intervals as a band."""
    xs = [x(point) for point in points]
    width, size, alpha = (2.0, 5.0, 0.15) if strong else (1.2, 3.6, 0.09)
    axes.fill_between(
        xs,
        [point.low for point in points],
        [point.high for point in points],
        color=ink.colour,
        alpha=alpha,
        linewidth=0,
    )
    axes.plot(
        xs,
        [point.mean for point in points],
        color=ink.colour,
        linewidth=width,
        marker=ink.marker,
        markersize=size,
        markeredgewidth=0,
        clip_on=False,
        solid_joinstyle="round",
    )


def removal_ticks(axes: Axes, removals: Sequence[int], *, pixels: int) -> None:
    """Tick the removal epochs that were run, and name those that have room for a name.

    Args:
        axes: With its final x limits.
        removals: Epochs, sorted.
        pixels: Width of the frame.
    """
    low, high = axes.get_xlim()
    needed = 11 * (max(len(str(removal)) for removal in removals) + 1) * (high - low) / pixels
    named = max(_even(removals, needed), _from_the_last(removals, needed), key=len)
    axes.xaxis.set_major_locator(FixedLocator(sorted(named)))
    axes.xaxis.set_minor_locator(FixedLocator(sorted(set(removals) - set(named))))


def _even(removals: Sequence[int], needed: float) -> list[int]:
    """Return removals at the least equal distance that leaves room for names, if there is one."""
    first, last = removals[0], removals[-1]
    for step in sorted({removal - first for removal in removals if removal - first >= needed}):
        wanted = [*range(first, last + 1, step)]
        if set(wanted) <= set(removals):
            return wanted
    return []


def _from_the_last(removals: Sequence[int], needed: float) -> list[int]:
    """Return the first removal and, from the last on, each that has room beside the one before."""
    named = [removals[-1]]
    for removal in reversed(removals[:-1]):
        if named[-1] - removal >= needed:
            named.append(removal)
    if removals[0] not in named:
        named = [removal for removal in named if removal - removals[0] >= needed] + [removals[0]]
    return named


def few_ticks(axes: Axes, *, count: int = 5) -> None:
    """Leave about `count` round numbers on the y axis, three at least."""
    axes.yaxis.set_major_locator(MaxNLocator(count, steps=[1, 2, 5, 10], min_n_ticks=3))


def limits(points: Sequence[Point], *, margin: float = 0.06) -> tuple[float, float]:
    """Return y limits that hold all intervals with some air."""
    low = min(point.low for point in points)
    high = max(point.high for point in points)
    air = margin * (high - low) or 1.0
    return low - air, high + air
