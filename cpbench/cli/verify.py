"""`cpbench verify`: was anything touched in between?"""

from typing import Annotated

import typer


def verify(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Check ledger, seeds, plans, provenance, history and results against each other.

    Exit codes: 0 clean, 4 something was changed, 7 nothing outside of the ledger bears it out,
    8 deviations from what was registered. The first of 4, 7, 8 that applies.
    """
    from cpbench.cli.verify_page import audit_json, print_audit
    from cpbench.project import find
    from cpbench.records.files import to_json
    from cpbench.verifying import audit, exit_code

    found = audit(find())
    if as_json:
        typer.echo(to_json(audit_json(found)), nl=False)
    else:
        print_audit(found)
    raise typer.Exit(exit_code(found.findings))
