"""A plan for people."""

from rich.table import Table

from cpbench.cli.plain_tables import Page
from cpbench.project import Project
from cpbench.records.plans import Plan, read_plan
from cpbench.records.provenance import read_provenance

MINUTE, HOUR = 60, 3600


def print_plan(project: Project, plan: Plan) -> None:
    """Print what a plan trains, what sharing saves, and what it would cost here."""
    table = Table(show_header=False, box=None, pad_edge=False)
    saving = plan.epochs_naive / plan.epochs_shared
    segments = f"{len(plan.segments):,} segments"
    table.add_row("protocol", f"{plan.protocol}  ({plan.digest[:12]})")
    table.add_row("arms", ", ".join(plan.arms))
    table.add_row("controls", ", ".join(plan.controls) or "none")
    table.add_row("seeds", str(len(plan.seeds)))
    for axis, values in plan.axes.items():
        table.add_row(axis, ", ".join(map(str, values)))
    table.add_row(
        "runs", f"{len(plan.runs):,} ({len(plan.conditions)} conditions × {len(plan.seeds)} seeds)"
    )
    table.add_row("epochs", f"{plan.epochs_naive:,} if each run were trained alone")
    table.add_row("", f"{plan.epochs_shared:,} shared, in {segments}: {saving:.1f}× fewer")
    table.add_row("steps", f"{_steps(plan):,} if each run were trained alone")
    table.add_row("expected", _expected_cost(project, plan))
    Page().print(table, soft_wrap=True)


def _steps(plan: Plan) -> int:
    return len(plan.seeds) * sum(condition.steps for condition in plan.conditions)


def _expected_cost(project: Project, plan: Plan) -> str:
    """Take the throughput this protocol, or else none, was recorded with."""
    recorded = read_provenance(project.provenance(plan.protocol)).stages.get("train")
    if recorded is None or not project.plan(plan.protocol).exists():
        return "unknown: nothing recorded yet; `dvc repro` records it"
    before = read_plan(project.plan(plan.protocol))
    seconds = recorded.seconds * plan.epochs_shared / before.epochs_shared
    return f"{duration(seconds)} of training on one core of: {recorded.device}"


def duration(seconds: float) -> str:
    """Return a time span in the unit people would use."""
    if seconds < 2 * MINUTE:
        return f"{seconds:.0f} s"
    return f"{seconds / MINUTE:.0f} min" if seconds < 2 * HOUR else f"{seconds / HOUR:.1f} h"
