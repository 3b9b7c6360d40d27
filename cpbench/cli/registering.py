"""Registering prediction files: as they are, or amended with a reason."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from cpbench.claims import claim_hash, load_prediction, offers_of
from cpbench.claims.checking import silent_draws
from cpbench.cli.amending import changes_between
from cpbench.cli.entering import Done, late_notes, prediction_of
from cpbench.cli.naming import names_of_theories
from cpbench.cli.silent_draws import digests_of
from cpbench.errors import EvidenceError, Problem, SpecError, UsageError
from cpbench.ledger import (
    PredictionPayload,
    ToldClaim,
    append,
    claims_of,
    derived_seeds,
    latest,
    made_of,
    parties_of,
    payload_of,
    read_ledger,
    registered,
    write_derived_seeds,
)
from cpbench.project import Project
from cpbench.records.derived_seeds import DerivedSeeds, read_derived_seeds
from cpbench.specs.loading import is_published, load_protocol
from cpbench.specs.predictions import Fault, Prediction
from cpbench.specs.protocols import SeedsFromRegistration
from cpbench.specs.reading import display, dotted, read


def load_all(project: Project, paths: Iterable[Path]) -> list[Prediction]:
    """Return prediction files, each checked against the project's protocols.

    Raises:
        SpecError: One is invalid.
    """
    offers = offers_of(project)
    return [load_prediction(path, offers) for path in paths]


def checked(
    project: Project, path: Path, prediction: Prediction, reason: str | None = None
) -> PredictionPayload:
    """Return what would be registered, checked against what already is.

    Raises:
        UsageError: It changes what is registered and gives no reason, or gives one for nothing.
        SpecError: A new claim does not say how seeds are redrawn, or a name is a theory's.
        IntegrityError: The ledger is broken.
    """
    entries = read_ledger(project.ledger)
    last = latest(entries).get(prediction.id)
    once = [told for told in claims_of(entries) if prediction_of(told) == prediction.id]
    others = {name for told in once for name in told.protocols}
    digests = digests_of(project, prediction)
    payload = payload_of(project, prediction, digests, others=others, reason=reason)
    taken = names_of_theories(project, prediction.forecasts)
    _refuse(path, payload, {told.hash for told in once}, taken)
    changes = list(changes_between(last.payload, payload)) if last else []
    file = display(path)
    _refuse_to_break(file, payload, once)
    if reason is None and last and changes:
        raise UsageError(
            f"{file}: entry {last.seq} says otherwise ({'; '.join(changes)}); "
            f"use `cpbench amend {file} --reason TEXT`"
        )
    if reason is not None and last is None:
        raise UsageError(f"{file}: is not registered yet; use `cpbench predict {file}`")
    if reason is not None and last and not changes:
        what = (
            "says nothing new; there is nothing to amend"
            if registered(entries, payload)
            else f"changes nothing that entry {last.seq} says; use `cpbench predict {file}`"
        )
        raise UsageError(f"{file}: {what}")
    return payload


def _refuse(
    path: Path, payload: PredictionPayload, known: set[str], found: Iterable[Fault]
) -> None:
    """Refuse what a file may say and the ledger may not take.

    Raises:
        SpecError: With every problem.
    """
    document = read(path)
    problems = [
        Problem(document.file, *document.mark(fault.place), dotted(fault.place), fault.message)
        for fault in (*found, *silent_draws(payload.prediction, payload.protocols, known))
    ]
    if problems:
        raise SpecError(problems)


def _refuse_to_break(file: str, payload: PredictionPayload, once: Iterable[ToldClaim]) -> None:
    """Refuse to reword or drop what people made a bet on: all of them have to let go first.

    Raises:
        UsageError: A bet stands on words that the file no longer has.
    """
    known = {result.protocol for result in payload.known_results}
    now = {claim.id: claim_hash(claim, payload.protocols) for claim in payload.prediction.claims}
    for told in once:
        is_over = told.is_withdrawn or not known.isdisjoint(told.protocols)
        bet = next(made_of(told.stakes), None)
        if bet is not None and not is_over and now.get(told.claim.id) != told.hash:
            parties = ", ".join(parties_of(bet.stake))
            raise UsageError(
                f"{file}: {parties} made a bet on claim {told.claim.id} as it was; each of them "
                f"must withdraw first: `cpbench withdraw {prediction_of(told)} {told.claim.id} "
                f"--stake --by PARTY --reason TEXT`"
            )


def state_of(project: Project, payload: PredictionPayload) -> Done:
    """Return what the ledger already says about a prediction; nothing is registered."""
    found = registered(read_ledger(project.ledger), payload)
    if found:
        return Done((found,), (f"already registered as entry {found.seq}",))
    return Done((), (*late_notes([payload]), "dry run: nothing was registered"))


def register(project: Project, payload: PredictionPayload) -> Done:
    """Register a prediction, and derive the seeds that waited for it."""
    found = registered(read_ledger(project.ledger), payload)
    entry = found or append(project, payload)
    done = "already registered" if found else "registered"
    told = f"{done} as entry {entry.seq} ({entry.hash[:12]})"
    notes = () if found else late_notes([payload])
    return Done((entry,), (*notes, told, *_derive_seeds(project, payload)))


def amend_registered(project: Project, payload: PredictionPayload) -> Done:
    """Register what was checked against an earlier registration; say what it changes.

    Raises:
        IntegrityError: The ledger is broken.
    """
    entries = read_ledger(project.ledger)
    name = payload.prediction.id
    changes = changes_between(latest(entries)[name].payload, payload)
    before = _in_force(claims_of(entries), name)
    done = register(project, payload)
    after = _in_force(claims_of(read_ledger(project.ledger)), name)
    gone = ", ".join(before[each] for each in before if each not in after)
    lost = (f"no longer count: {gone}; ask them again",) if gone else ()
    return Done(done.entries, (*changes, *done.lines, *lost))


def _in_force(claims: Iterable[ToldClaim], prediction: str) -> dict[tuple[str, str], str]:
    """Return the forecasts that count, in words, by their claim and who said them."""
    return {
        (told.claim.id, each.by): f"{each.by} on {told.claim.id}"
        + (" (sealed)" if each.sealed else "")
        for told in claims
        if prediction_of(told) == prediction and not told.is_withdrawn
        for each in told.forecasts
        if not each.is_withdrawn and not each.is_late
    }


def next_steps(project: Project, prediction: str) -> Iterator[str]:
    """Yield what is left to do once a prediction is registered."""
    for told in claims_of(read_ledger(project.ledger)):
        if prediction_of(told) != prediction or told.is_withdrawn:
            continue
        bets = (bet for bet in told.stakes if not (bet.is_withdrawn or bet.is_late))
        waiting = dict.fromkeys(party for bet in bets for party in bet.waiting_for)
        if waiting:
            how = f"`cpbench accept {prediction} {told.claim.id} --by NAME`"
            yield f"next: {told.claim.id} has a bet that waits for {', '.join(waiting)}: {how}"
    yield "next: commit specs/, the ledger and the prediction, before anything is run"


def _holds(path: Path, seeds: DerivedSeeds) -> bool:
    """Return whether a file holds some seeds already."""
    try:
        return path.exists() and read_derived_seeds(path) == seeds
    except EvidenceError:
        return False


def _derive_seeds(project: Project, payload: PredictionPayload) -> Iterator[str]:
    for name, digest in payload.protocols.items():
        path = project.protocol(name)
        rule = None if is_published(read(path)) else load_protocol(path).protocol.seeds
        if not isinstance(rule, SeedsFromRegistration):
            continue
        # Of an edited protocol, too: its first seeds were known since it was first registered.
        seeds = derived_seeds(read_ledger(project.ledger), name, digest, rule.n)
        if not _holds(project.derived_seeds(name), seeds):
            where = write_derived_seeds(project, seeds).relative_to(project.root)
            yield f"{where}: {rule.n} seeds derived from entry {seeds.entry[:12]}"
