"""The evaluate stage: readings → tidy results, and how far they are from the committed ones."""

from cpbench import checkout
from cpbench.project import Project
from cpbench.records.collecting import collect
from cpbench.records.comparing import compare
from cpbench.records.plans import Plan, read_plan
from cpbench.records.provenance import Difference, note_difference
from cpbench.records.readings import read_readings
from cpbench.records.results import Row, parse_results, write_results
from cpbench.specs.loading import load_protocol


def evaluate_protocol(project: Project, name: str) -> None:
    """Collect a protocol's readings into its results.

    Raises:
        EvidenceError: The plan or readings are missing, or belong to another spec.
    """
    protocol, plan = load_protocol(project.protocol(name)), read_plan(project.plan(name))
    readings = [read_readings(project.readings(name), each) for each in protocol.measurements]
    rows = collect(protocol, plan, readings)
    write_results(project.result(name), rows)
    note_difference(project.provenance(name), _difference(project, plan, rows))


def _difference(project: Project, plan: Plan, rows: tuple[Row, ...]) -> Difference | None:
    """Compare with the committed results where they answer the same protocol."""
    results = checkout.committed(project.root, project.result(plan.protocol))
    committed_plan = checkout.committed(project.root, project.plan(plan.protocol))
    if not results or f'"digest": "{plan.digest}"' not in committed_plan:
        return None
    return compare(parse_results(results, "the committed results"), rows)
