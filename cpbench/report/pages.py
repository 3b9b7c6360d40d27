"""A protocol's page: verdicts, figures, tables, and how it was run."""

from collections.abc import Collection, Sequence

from cpbench.records.published import published_notes
from cpbench.records.scores import Claim
from cpbench.records.series import Series
from cpbench.report.costs import cost_section, mixed_numerics
from cpbench.report.evidence import Study
from cpbench.report.figures.controls import controls_of
from cpbench.report.figures.damage import same_budget
from cpbench.report.llc_section import llc_figures, llc_section
from cpbench.report.lookups import about_protocol
from cpbench.report.markdown import code, escape, figure, page
from cpbench.report.numbers import seed_count
from cpbench.report.sentences import band_words, expectation, reading, undisturbed
from cpbench.report.tables import (
    clocks_table,
    curve_table,
    ends_table,
    gate_table,
    levels_table,
)
from cpbench.report.verdicts import verdicts

_HAIR_LINES = {
    "no_deficit": "dotted, the same timeline without the deficit",
    "never_removed": "dashed, the deficit kept to the end",
    "schedule_only": "dash-dotted, a fresh network that joins the schedule at the removal epoch",
}
CURVES, DAMAGE = "curves.svg", "damage.svg"


def protocol_page(study: Study, claims: Sequence[Claim], paged: Collection[str]) -> str:
    """Return reports/pages/<protocol>.md.

    Args:
        study: The protocol.
        claims: All claims.
        paged: Names of the protocols that have a page to link to.
    """
    own = about_protocol(claims, study.name)
    cost = [] if study.published else ["## Cost and provenance", cost_section(study)]
    return page(
        [
            "<!-- Made by `cpbench report` from reports/scores.json; edits are lost. -->",
            f"# {escape(study.about.title)}",
            _head(study),
            _mixed(study),
            _source(study),
            "## Verdicts" if own else "No registered claim rests on this protocol.",
            verdicts(own, lambda name: f"{name}.md" if name in paged else ""),
            "## What came out",
            *(_results(study) if study.drawn else [_no_results(study)]),
            "## Expected, and chosen",
            _expected(study),
            *cost,
        ]
    )


def figures_of(study: Study) -> tuple[str, ...]:
    """Return which figures a protocol's page shows: only those there are numbers for."""
    series = () if study.is_undisturbed else study.drawn
    has_damage = any(one.damage for one in series)
    wanted = ((CURVES, bool(series)), (DAMAGE, has_damage))
    return (*(name for name, holds in wanted if holds), *llc_figures(study))


def _head(study: Study) -> str:
    spec = f"[spec](../../specs/protocols/{study.name}.yaml)"
    parts = [code(study.name), escape(study.about.source), spec, "[all reports](../README.md)"]
    return " · ".join(part for part in parts if part)


def _mixed(study: Study) -> str:
    differing = mixed_numerics(study.provenance)
    words = "; ".join(
        f"{escape(key)}: {', '.join(map(escape, values))}" for key, values in differing.items()
    )
    return (
        f"> **Mixed numerics.** Stages of this protocol ran differently ({words})." if words else ""
    )


def _source(study: Study) -> str:
    """Return whose results these are and how their table was read, for results of others."""
    if study.published is None:
        return ""
    notes = [f"- {escape(words)}" for words in published_notes(study.published)]
    head = "**Published elsewhere.** Nothing of this was run here; the numbers are the source's."
    return "\n".join([head, "", *notes])


def _no_results(study: Study) -> str:
    if study.published:
        return "Not read yet: `cpbench score --out` reads the table of its spec."
    where = "`pipelines/heavy/dvc.yaml`, which `dvc repro` skips" if study.heavy else "`dvc repro`"
    return f"No results yet: this protocol is run by {where}."


def _results(study: Study) -> list[str]:
    series = study.series
    if study.is_undisturbed:
        return [undisturbed(study), *llc_section(study)]
    parts = [
        reading(study),
        _figure(study, CURVES, _curves_caption(study.drawn)),
        curve_table(series),
    ]
    if DAMAGE in figures_of(study):
        parts.append(_figure(study, DAMAGE, _damage_caption(series)))
    return [
        *parts,
        *llc_section(study),
        "### Where it ends",
        ends_table(series),
        clocks_table(series),
        "### Levels",
        levels_table(series),
        "### Convergence gate",
        gate_table(series),
    ]


def _figure(study: Study, name: str, caption: str) -> str:
    alt = {
        CURVES: f"{study.name}: clean test accuracy by removal epoch, per arm, with controls",
        DAMAGE: f"{study.name}: damage against epochs, optimizer steps and learning rate left",
    }
    return figure(f"{study.name}/{name}", alt[name], caption)


def _curves_caption(series: Sequence[Series]) -> str:
    near = {line.which for line in controls_of(series).near}
    drawn = [words for which, words in _HAIR_LINES.items() if which in near]
    controls = f" Hair lines are controls: {'; '.join(drawn)}." if drawn else ""
    return f"{band_words(tuple(point for one in series for point in one.curve))}{controls}"


def _damage_caption(series: Sequence[Series]) -> str:
    points = [point for one in series for point in one.damage]
    single = all(point.n <= 1 for point in points)
    bands = "so no bands" if single else "bands are the central 90 % of draws of the seeds"
    still = (
        " On the right, every removal of an arm leaves the same learning rate to heal with, "
        "so a lack of it cannot be why damage grows."
        if same_budget([one for one in series if one.damage])
        else " On the right, time runs from left to right as learning rate is used up."
    )
    if any(point.lr_steps_left is None for point in points):
        still = " What the source does not say, steps or learning rates, has no panel."
    return (
        f"Damage is the no-deficit control minus the curve, paired by seed, in percentage points; "
        f"{seed_count(points)}, {bands}.{still}"
    )


def _expected(study: Study) -> str:
    about = study.about
    chosen = escape(about.chosen_by.rstrip(" .")) or "nothing is declared"
    lines = [expectation(study), f"- Chosen by looking at results: {chosen}."]
    lines += [f"- Notes: {escape(about.notes)}"] if about.notes else []
    return "\n".join(line for line in lines if line)
