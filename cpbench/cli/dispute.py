"""`cpbench dispute`: say that a claim was settled wrongly."""

from typing import Annotated

import typer


def dispute(
    prediction: Annotated[str, typer.Argument(help="A registered prediction's id.")],
    claim: Annotated[str, typer.Argument(help="The id of one of its claims.")],
    *,
    by: Annotated[str, typer.Option(help="Who disputes.")],
    reason: Annotated[str, typer.Option(help="Why; it stays in the ledger.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Put on record that a claim was settled wrongly; it is shown, and changes no outcome."""
    from cpbench.cli.entering import about, append_all, given_party, given_reason, say, told_claim
    from cpbench.ledger import DisputePayload
    from cpbench.project import find

    project = find()
    told = told_claim(project, prediction, claim)
    payload = DisputePayload(
        **about(project, told), by=given_party(by), reason=given_reason(reason)
    )
    words = f"{by} disputes {prediction} / {claim}: {reason}"
    say(append_all(project, [payload], [words]), as_json=as_json)
