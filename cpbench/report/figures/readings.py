"""One reading of λ̂: its chains, and the ladder of step sizes it was calibrated on."""

# pyright: reportUnknownMemberType=false
# matplotlib's stubs leave **kwargs untyped, which makes each of its methods "partially unknown".

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cpbench.report.figures.canvas import card, panel, pinned_style, subtitle, to_svg, write_at
from cpbench.report.figures.labels import Label, label_ends
from cpbench.report.figures.marks import few_ticks
from cpbench.report.figures.style import COLOURS, GRID, MUTED, TEXT, WIDTH

LEFT, TOP, HEIGHT, RIGHT = 62, 84, 260, 128
COLD, HOT, POINT = COLOURS[0], COLOURS[1], TEXT
MAX_SHARE = 0.15
"""Of b̂ in λ̂, up to which a step size is taken."""


class Picture(NamedTuple):
    """A figure that notebooks show, and that can be written to a file as it is."""

    svg: str

    def _repr_svg_(self) -> str:
        return self.svg


class Bracket(NamedTuple):
    """λ̂ − b̂, λ̂, and how far both may be off."""

    llc: float
    raw: float
    low: float
    high: float


class Step(NamedTuple):
    """λ̂ and b̂ at one step size."""

    step_size: float
    raw: float
    bias: float


def trace(draws: NDArray[np.float64], bracket: Bracket, status: str) -> Picture:
    """Return U of each chain by draw, and its running mean over chains from w* and from around it.

    Args:
        draws: U; draw by chain. The first half of the chains, rounded up, began at w*.
        bracket: What the reading says.
        status: Its status.
    """
    num_draws, num_chains = draws.shape
    num_cold = num_chains - num_chains // 2
    with pinned_style():
        figure = card(TOP + HEIGHT + 58)
        write_at(figure, 16, 28, "Chains around w*", fontweight="bold")
        said = f"U = nβ(L(w) − L(w*)) by draw; strong lines: running means · {status}"
        subtitle(figure, 16, 46, said)
        axes = panel(figure, LEFT, TOP, WIDTH - LEFT - RIGHT, HEIGHT)
        axes.set_xlim(0, num_draws)
        axes.set_ylim(*_limits(draws))
        axes.set_xlabel("draw")
        few_ticks(axes)
        axes.axhspan(bracket.low, bracket.high, color=GRID, zorder=0)
        halves = ((draws[:, :num_cold], COLD), (draws[:, num_cold:], HOT))
        counts = np.arange(1.0, num_draws + 1)
        for half, colour in halves:
            axes.plot(counts, half, color=colour, linewidth=0.5, alpha=0.3)
        for half, colour in halves:
            axes.plot(counts, half.mean(1).cumsum() / counts, color=colour, linewidth=2.0)
        axes.axhline(bracket.llc, color=POINT, linewidth=1.0)
        words = "from w*", "around w*"
        ends = [
            Label(word, num_draws, float(half.mean()), colour)
            for word, (half, colour) in zip(words, halves, strict=True)
        ]
        label_ends(axes, [*ends, Label("λ̂ − b̂", num_draws, bracket.llc, POINT)])
        return Picture(to_svg(figure))


def ladder(steps: Sequence[Step], bracket: Bracket, step_size: float) -> Picture:
    """Return λ̂ and λ̂ − b̂ by step size; the correction holds where the second line is level.

    Args:
        steps: What calibration tried; those that diverged are left out.
        bracket: What the reading found at the step size it took.
        step_size: ε that it took.
    """
    known = [step for step in steps if np.isfinite(step.raw) and np.isfinite(step.bias)]
    epsilon = [step.step_size for step in known]
    with pinned_style():
        figure = card(TOP + HEIGHT + 58)
        write_at(figure, 16, 28, "The ladder of step sizes", fontweight="bold")
        said = f"two short chains each; taken: the largest ε with b̂ up to {MAX_SHARE:.0%} of λ̂"
        subtitle(figure, 16, 46, said)
        axes = panel(figure, LEFT, TOP, WIDTH - LEFT - RIGHT, HEIGHT)
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0e}")
        axes.set_xlabel("step size ε")
        top = 2.5 * max(bracket.raw, bracket.high)
        axes.set_ylim(min(0.0, bracket.low), top)
        few_ticks(axes)
        axes.axhspan(bracket.low, bracket.high, color=GRID, zorder=0)
        axes.axvline(step_size, color=MUTED, linewidth=0.8, linestyle=(0, (2, 2)))
        axes.plot(epsilon, [step.raw for step in known], color=HOT, marker="s", label="λ̂")
        corrected = [step.raw - step.bias for step in known]
        axes.plot(epsilon, corrected, color=COLD, marker="o", label="λ̂ − b̂")
        axes.plot([step_size], [bracket.llc], "D", color=POINT, label="the reading, λ̂ − b̂")
        axes.legend(loc="upper left", frameon=False, fontsize=9.75)
        return Picture(to_svg(figure))


def _limits(draws: NDArray[np.float64]) -> tuple[float, float]:
    """Return y limits that hold all but the farthest draws."""
    low, high = (float(np.quantile(draws, share)) for share in (0.002, 0.998))
    air = 0.06 * (high - low) or 1.0
    return low - air, high + air
