"""Asking theories about a registered prediction: what they say, ready for the ledger."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cpbench.claims.statements import statements_of
from cpbench.errors import UsageError
from cpbench.ledger import ForecastPayload, ToldClaim, claims_of, known_results, read_ledger
from cpbench.project import Project
from cpbench.specs.forecasts import ForecastSpec
from cpbench.specs.validating import one_of
from cpbench.theories.asking import Silence, ask
from cpbench.theories.gathering import Library
from cpbench.theories.shelf import Shelved, shelf_of
from cpbench.theories.theory import Question


class Answers(NamedTuple):
    """What theories say of a prediction."""

    forecasts: tuple[ForecastPayload, ...]
    """What the ledger does not have yet, in the order of claims, then of theories."""
    silences: tuple[Silence, ...]
    num_known: int
    """Forecasts that the ledger has already."""
    warnings: tuple[str, ...]
    """One line for each theory that could not be had."""


def forecasts_of(project: Project, prediction_id: str, names: list[str]) -> list[ForecastPayload]:
    """Return what theories say of a registered prediction and the ledger does not have yet.

    Raises:
        UsageError: There is no such prediction, or no such theory.
        EvidenceError: A protocol was edited since, or a record cannot be read.
        IntegrityError: The ledger is broken.
        SpecError: A protocol or a law cannot be read.
    """
    return list(answers(project, prediction_id, names).forecasts)


def answers(project: Project, prediction_id: str, names: list[str]) -> Answers:
    """Return what theories say of a registered prediction, and where they say nothing.

    Args:
        project: Where it is registered.
        prediction_id: Its id.
        names: Of theories; `all` asks every one.

    Raises:
        UsageError: There is no such prediction, or no such theory.
        EvidenceError: A protocol was edited since, or a record cannot be read.
        IntegrityError: The ledger is broken.
        SpecError: A protocol or a law cannot be read.
    """
    entries = read_ledger(project.ledger)
    claims = claims_of(entries)
    named = {each.title_entry.payload.prediction.id for each in claims}
    if prediction_id not in named:
        known = one_of(prediction_id, named)
        raise UsageError(f"prediction {known}; register it first with `cpbench predict FILE`")
    shelf = shelf_of(project)
    chosen = shelf.chosen(names)
    library = Library(project, claims, entries[-1].at[:10])
    told = [each for each in claims if _is_in_force(each, prediction_id)]
    said = list(_said(project, told, chosen, library))
    return Answers(
        tuple(each for each in said if isinstance(each, ForecastPayload)),
        tuple(each for each in said if isinstance(each, Silence)),
        len(told) * len(chosen) - len(said),
        shelf.warnings,
    )


def _is_in_force(told: ToldClaim, prediction_id: str) -> bool:
    """Return whether a claim is of the prediction and was not dropped from it."""
    prediction = told.title_entry.payload.prediction
    ids = {each.id for each in prediction.claims}
    return prediction.id == prediction_id and told.claim.id in ids and not told.is_withdrawn


def _said(
    project: Project, told: Sequence[ToldClaim], chosen: Sequence[Shelved], library: Library
) -> Iterator[ForecastPayload | Silence]:
    for claim in told:
        sources = library.sources(claim)
        question = Question(claim.claim, claim.hash, statements_of(claim.claim))
        for shelved in chosen:
            found = ask(shelved, question, sources)
            if isinstance(found, Silence):
                yield found
            elif not _is_told(found.forecast, claim):
                yield ForecastPayload(
                    prediction=claim.entry.payload.prediction.id,
                    claim=claim.claim.id,
                    claim_hash=claim.hash,
                    known_results=known_results(project, claim.protocols),
                    forecast=found.forecast,
                    theory=found.facts,
                )


def _is_told(forecast: ForecastSpec, claim: ToldClaim) -> bool:
    """Return whether the ledger has this very forecast in force."""
    return any(
        each.forecast == forecast and not each.is_withdrawn and not each.sealed
        for each in claim.forecasts
    )
