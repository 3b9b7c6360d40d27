"""Asking one theory about one claim: it is shown what it may see, and its answer is checked."""

from typing import NamedTuple

from cpbench.ledger.entries import TheoryFacts
from cpbench.specs.forecasts import ForecastSpec
from cpbench.specs.predictions import forecast_faults
from cpbench.theories.context import AbstentionError, Context, Sources
from cpbench.theories.shelf import Shelved
from cpbench.theories.theory import Question


class Answer(NamedTuple):
    """What a theory says of a claim, and what it looked at."""

    forecast: ForecastSpec
    facts: TheoryFacts


class Silence(NamedTuple):
    """A theory that says nothing of a claim, and why."""

    theory: str
    claim: str
    reason: str


def ask(shelved: Shelved, question: Question, sources: Sources) -> Answer | Silence:
    """Return what one theory says of one claim, or why it says nothing.

    Args:
        shelved: The theory; a stranger's may raise anything, which is then why.
        question: The claim.
        sources: All there is; the theory is shown what its information set allows.
    """
    theory = shelved.theory
    context = Context(theory.information, sources)
    try:
        forecast = theory.forecast(question, context)
        fault = _fault(forecast, theory.name, question)
    except AbstentionError as error:
        return Silence(theory.name, question.claim.id, str(error))
    except Exception as error:  # noqa: BLE001 - a stranger's code may raise anything
        fault = f"failed: {type(error).__name__}: {' '.join(str(error).split())}"
    else:
        if not fault:
            facts = TheoryFacts(
                version=theory.version,
                information=context.used,
                code=shelved.code,
                results=context.shown,
            )
            return Answer(forecast, facts)
    return Silence(theory.name, question.claim.id, fault)


def _fault(forecast: ForecastSpec, name: str, question: Question) -> str:
    """Return what keeps a forecast from answering the claim, if anything does."""
    if not isinstance(forecast, ForecastSpec):  # pyright: ignore[reportUnnecessaryIsInstance] - a stranger's
        return f"failed: returned {type(forecast).__name__}, not a ForecastSpec"
    if forecast.by != name:
        return f"failed: forecast as {forecast.by}"
    faults = forecast_faults((question.claim,), (forecast,))
    return next((f"failed: its forecast {fault.message}" for fault in faults), "")
