"""The tables of λ̂: every reading with its bracket, and the sides that may be compared."""

from collections.abc import Sequence

from cpbench.records.llc import LlcContrast, LlcPoint
from cpbench.records.series import Series
from cpbench.report.evidence import Study, deficits_of
from cpbench.report.markdown import code, escape, folded, table
from cpbench.report.numbers import DASH, decimal

HARMLESS = frozenset({"vertical_flip", "class_permutation"})
"""Deficits that change a task and take no detail away."""


def harmless_arms(study: Study) -> frozenset[str]:
    """Return the arms whose every deficit is harmless: the control a λ̂ difference needs."""
    kinds = deficits_of(study.spec)
    return frozenset(arm for arm, found in kinds.items() if found and HARMLESS.issuperset(found))


def llc_tables(series: Sequence[Series]) -> str:
    """Return every λ̂ with its status, a folded table per measurement; failures stay in."""
    names = sorted({point.measurement for one in series for point in one.llc})
    return "\n\n".join(_readings(series, name) for name in names)


def contrast_table(study: Study) -> str:
    """Return λ̂ at the end against sides of equal steps and learning rate, or nothing.

    A harmful deficit is set against no deficit and against harmless ones, a harmless one against
    no deficit.
    """
    harmless = harmless_arms(study)
    chosen = [
        (one.arm, contrast)
        for one in study.series
        for contrast in one.llc_contrasts
        if contrast.other_control or (one.arm not in harmless and contrast.other_arm in harmless)
    ]
    chosen.sort(key=lambda pair: (pair[1].measurement, pair[1].removal))
    header = ["λ̂", "Removal", "Arm", "Against", "Difference", "Seeds' range", "n", "Apart", "Notes"]
    rows = [_contrast(arm, contrast) for arm, contrast in chosen]
    return table(header, rows, right="lrllrrrrl") if rows else ""


def conditions(series: Sequence[Series]) -> str:
    """Return under what λ̂ was read, and of how many weights: a line for each way there is."""
    ways: dict[str, set[str]] = {}
    for one in series:
        for point in one.llc:
            if words := _condition(point):
                ways.setdefault(words, set()).add(point.measurement)
    lines = (f"- {', '.join(map(code, sorted(names)))}: {way}." for way, names in ways.items())
    return "\n".join(lines)


def _condition(point: LlcPoint) -> str:
    settings = (
        _said("nβ", point.nbeta, 2),
        _said("γ", point.localization, 0),
        "" if point.step_size is None else f"ε {point.step_size:.3g}",
        _said("batch", point.batch_size, 0),
        "" if point.num_draws is None else f"{point.num_draws:,} draws per chain",
        _said("d", point.num_weights, 0),
        "" if point.num_live_weights is None else f"of which {point.num_live_weights:,} are live",
    )
    return ", ".join(words for words in settings if words)


def _said(name: str, value: float | None, digits: int) -> str:
    return "" if value is None else f"{name} {decimal(value, digits)}"


def _readings(series: Sequence[Series], name: str) -> str:
    header = ["Arm", "Control", "Removal", "Seed", "At", "Epoch", "Data"]
    header += ["L(w*)", "λ̂ − b̂", "Bracket", "Var(U)/λ̂", "About mean", "Status"]
    chosen = [(one.arm, point) for one in series for point in one.llc if point.measurement == name]
    failed = sum(1 for _, point in chosen if point.llc is None)
    flagged = sum(1 for _, point in chosen if point.status.startswith("flagged"))
    summary = f"Every λ̂ of {name}: {len(chosen)} readings, {flagged} flagged, {failed} failed"
    rows = [_reading(arm, point) for arm, point in chosen]
    return folded(escape(summary), table(header, rows, right="llrrlrlrrrrrl"))


def _reading(arm: str, point: LlcPoint) -> list[str]:
    data = {True: "deficit", False: "clean", None: DASH}[point.impaired]
    return [
        escape(arm),
        escape(point.control.replace("_", " ")) or DASH,
        f"{point.removal:,}",
        str(point.seed),
        escape(point.at),
        f"{point.epoch:,}",
        data,
        DASH if point.loss is None else f"{point.loss:.2g}",
        _number(point.llc),
        _bracket(point.low, point.high),
        _number(point.variance_share),
        _number(point.about_mean),
        "ok" if point.status == "ok" else code(point.status),
    ]


def _contrast(arm: str, contrast: LlcContrast) -> list[str]:
    is_own = contrast.other_arm == arm
    other = contrast.other_control.replace("_", " ") if is_own else contrast.other_arm
    left_out = f"seeds left out: {contrast.left_out}" if contrast.left_out else ""
    is_known = not contrast.problem
    return [
        escape(contrast.measurement),
        f"{contrast.removal:,}",
        escape(arm),
        escape(other),
        _number(contrast.mean),
        _bracket(contrast.low, contrast.high) if contrast.n > 1 else DASH,
        str(contrast.n) if is_known else DASH,
        f"{contrast.apart} of {contrast.n}" if is_known else DASH,
        escape(left_out or (f"not compared: {contrast.problem}" if contrast.problem else "")),
    ]


def _number(value: float | None) -> str:
    return DASH if value is None else decimal(value, 2)


def _bracket(low: float | None, high: float | None) -> str:
    return DASH if low is None or high is None else f"[{decimal(low, 2)}, {decimal(high, 2)}]"
