"""What `cpbench verify` prints."""

from collections.abc import Iterator

import typer

from cpbench.cli.entering import printable
from cpbench.verifying import CANNOT_SHOW, Audit, exit_code, status_of


def audit_json(audit: Audit) -> dict[str, object]:
    """Return an audit as a JSON value."""
    return {
        "status": status_of(audit.findings),
        "exit_code": exit_code(audit.findings),
        "entries": audit.num_entries,
        "head": audit.head,
        "committed_versions": audit.num_versions,
        "recorded_heads": audit.num_heads,
        "anchored_entries": audit.num_anchored,
        "findings": [finding._asdict() for finding in audit.findings],
        "cannot_show": list(CANNOT_SHOW),
    }


def print_audit(audit: Audit) -> None:
    """Print findings, one line each, then what was looked at and what no record can show."""
    typer.echo("\n".join(map(printable, _lines(audit))))


def _lines(audit: Audit) -> Iterator[str]:
    for finding in audit.findings:
        yield f"{finding.place}: {finding.status}: {finding.text}"
    count = len(audit.findings)
    yield f"{status_of(audit.findings)}: {count} finding{'' if count == 1 else 's'}"
    yield (
        f"looked at {audit.num_entries} entries, the ledger in {audit.num_versions} commits, its "
        f"head in {audit.num_heads} records, derived seeds, plans and results"
    )
    if audit.num_anchored < audit.num_entries:
        first = audit.num_anchored + 1
        yield f"nothing bears out entries {first} to {audit.num_entries} yet: commit the ledger"
    yield "what this record cannot show:"
    yield from (f"  {each}" for each in CANNOT_SHOW)
