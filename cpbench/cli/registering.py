"""What `cpbench predict` prints and does for one prediction."""

from collections.abc import Iterator

import typer

from cpbench.claims import calls, explain, parse, protocols_of
from cpbench.ledger import (
    Payload,
    append,
    derived_seeds,
    payload_of,
    read_ledger,
    registered,
    write_derived_seeds,
)
from cpbench.plan.compiling import load_plan_digest
from cpbench.project import Project
from cpbench.specs.claims import BinaryClaim, Prediction, Resolution
from cpbench.specs.loading import load_protocol
from cpbench.specs.protocols import SeedsFromRegistration

_DIVERGED = {"worst": "counts as 0 % accuracy", "drop": "leaves its seed out of the arm"}
_MISSING = {
    "wait": "wait for missing runs",
    "annul": "annulled if runs are missing when it is scored",
}


def print_prediction(prediction: Prediction) -> None:
    """Print what each claim means, how it is settled, and who says what about it."""
    typer.echo(f"{prediction.id}: {prediction.about.title}")
    for claim in prediction.claims:
        typer.echo(f"  {claim.id}: {claim.title}")
        told = [each for each in prediction.forecasts if each.claim == claim.id]
        lines = [*_meaning(claim), *(f"{each.by} gives it {each.p:.0%}" for each in told)]
        typer.echo("\n".join(f"    {line}" for line in lines))


def state_of(project: Project, prediction: Prediction) -> Iterator[str]:
    """Yield what the ledger already says about a prediction; nothing is registered."""
    payload = _payload(project, prediction)
    yield from _notes(payload)
    found = registered(read_ledger(project.ledger), payload)
    yield f"already registered as entry {found.seq}" if found else "dry run: nothing was registered"


def register(project: Project, prediction: Prediction) -> Iterator[str]:
    """Yield what was done to register a prediction and derive the seeds that waited for it."""
    payload = _payload(project, prediction)
    yield from _notes(payload)
    found = registered(read_ledger(project.ledger), payload)
    entry = found or append(project, payload)
    done = "already registered" if found else "registered"
    yield f"{done} as entry {entry.seq} ({entry.hash[:12]})"
    for name, digest in payload.protocols.items():
        rule = load_protocol(project.protocol(name)).protocol.seeds
        if isinstance(rule, SeedsFromRegistration) and not project.derived_seeds(name).exists():
            seeds = derived_seeds(read_ledger(project.ledger), name, digest, rule.n)
            path = write_derived_seeds(project, seeds).relative_to(project.root)
            yield f"{path}: {rule.n} seeds derived from entry {seeds.entry[:12]}"


def _payload(project: Project, prediction: Prediction) -> Payload:
    names = {name for claim in prediction.claims for name in protocols_of(parse(claim.claim))}
    digests = {name: load_plan_digest(project, name) for name in sorted(names)}
    return payload_of(project, prediction, digests)


def _notes(payload: Payload) -> Iterator[str]:
    for known in payload.known_results:
        yield f"note: {known.path} exists already; what is new here is late: shown, not scored"


def _meaning(claim: BinaryClaim) -> Iterator[str]:
    event = parse(claim.claim)
    yield claim.claim
    yield explain(event)
    yield f"units: {', '.join(f'{call.text} in {call.unit}' for call in calls(event))}"
    yield from _settling(claim.resolution)
    for stake in claim.stakes:
        amount = f"{stake.currency} {stake.cents / 100:.2f}"
        yield f"stake: {stake.yes} on yes, {stake.no} on no, {amount} each"


def _settling(rule: Resolution) -> Iterator[str]:
    if rule.rule == "decisive":
        yield f"yes if it holds in ≥ {rule.level:.0%} of bootstrap draws of the seeds"
        yield f"no if it holds in ≤ {1 - rule.level:.0%}"
        yield f"ambiguous in between, or if > {rule.max_undefined:.0%} of draws leave it undefined"
    else:
        yield "yes or no as the mean over seeds says; ambiguous if that leaves it undefined"
    yield f"annulled with fewer than {rule.min_seeds} seeds, or if a protocol is edited"
    yield f"runs: {_MISSING[rule.missing]}; a diverged run {_DIVERGED[rule.on_divergence]}"
