"""Calibration: how often what was said with p came true, as a table and, of enough, a figure."""

from cpbench.records.standings import Bin, Calibration
from cpbench.report.markdown import figure, folded, table
from cpbench.report.numbers import DASH, decimal, plural

FIGURE = "calibration.svg"
FEW = 10
"""Scored forecasts below which a reliability diagram would show chance and look like a finding."""
PALE = 5
"""Forecasts below which a bin is drawn pale."""


def is_drawn(calibration: Calibration) -> bool:
    """Return whether there are enough forecasts for a picture."""
    return calibration.n >= FEW


def calibration_blocks(calibration: Calibration | None, folder: str) -> list[str]:
    """Return the section's blocks; none where no forecast could be counted.

    Args:
        calibration: As the judge has it.
        folder: Of the figure, seen from the page.
    """
    if calibration is None or not (calibration.n or calibration.num_numeric):
        return []
    parts = ["## Calibration", _binary(calibration, folder), _numeric(calibration)]
    return [part for part in [*parts, _table(calibration)] if part]


def coverage_words(calibration: Calibration) -> list[str]:
    """Return stated and found coverage, as `80 % stated, 74 % inside`."""
    pairs = sorted((float(stated), found) for stated, found in calibration.coverage.items())
    return [
        f"{decimal(100 * stated, 0)} % stated, {decimal(100 * found, 0)} % inside"
        for stated, found in pairs
    ]


def _binary(calibration: Calibration, folder: str) -> str:
    if not calibration.n:
        return ""
    if not is_drawn(calibration):
        return (
            f"{plural(calibration.n, 'forecast').capitalize()} of yes or no came out. Below {FEW}, "
            "a picture would show chance: the table below has all there is."
        )
    caption = (
        f"{plural(calibration.n, 'forecast')} of people and theories alike. Bars: Jeffreys 95 % "
        f"intervals; size: forecasts in the bin; pale: fewer than {PALE}. Forecasts on one claim, "
        "and claims on one protocol, share their luck, which no bar here shows."
    )
    return figure(
        f"{folder}/{FIGURE}", "how often things said with probability p came true", caption
    )


def _numeric(calibration: Calibration) -> str:
    if not calibration.num_numeric or not calibration.coverage:
        return ""
    few = "; too few to judge by" if calibration.num_numeric < FEW else ""
    return (
        f"Numbers ({plural(calibration.num_numeric, 'forecast')}{few}), central intervals: "
        f"{'; '.join(coverage_words(calibration))}."
    )


def _table(calibration: Calibration) -> str:
    rows = [_row(each) for each in calibration.bins if each.n]
    if not rows:
        return ""
    header = ["Said", "n", "Mean said", "Came true", "Jeffreys 95 %", "Wilson 95 %"]
    body = "\n\n".join(
        part for part in (table(header, rows, right="lrrrrr"), _murphy(calibration)) if part
    )
    return folded("Every bin, with both intervals", body)


def _row(one: Bin) -> list[str]:
    return [
        f"{one.low:g} to {one.high:g}",
        str(one.n),
        _share(one.mean_forecast),
        _share(one.hit_rate),
        _pair(one.jeffreys),
        _pair(one.wilson),
    ]


def _murphy(calibration: Calibration) -> str:
    """Return Murphy's decomposition, which only exact bins have."""
    parts = (calibration.reliability, calibration.resolution, calibration.uncertainty)
    reliability, resolution, uncertainty = parts
    if reliability is None or resolution is None or uncertainty is None:
        return "<sub>Murphy's decomposition needs one probability per bin, which is not so.</sub>"
    total = reliability - resolution + uncertainty
    return (
        f"Brier {decimal(total, 3)} = reliability {decimal(reliability, 3)} ↓ − resolution "
        f"{decimal(resolution, 3)} ↑ + uncertainty {decimal(uncertainty, 3)} (Murphy 1973)."
    )


def _share(value: float | None) -> str:
    return DASH if value is None else decimal(value, 2)


def _pair(edges: tuple[float, float] | None) -> str:
    return DASH if edges is None else f"[{decimal(edges[0], 2)}, {decimal(edges[1], 2)}]"
