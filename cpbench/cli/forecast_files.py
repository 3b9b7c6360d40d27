"""Forecast files: what somebody says about a prediction that is registered already."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from cpbench.cli.entering import Done, about, enter, late_notes, told_claims
from cpbench.cli.meaning import forecast_in_words, unit_of
from cpbench.cli.naming import names_of_theories
from cpbench.cli.seals import seal
from cpbench.errors import Problem, SpecError, UsageError
from cpbench.ledger import ForecastPayload, SealedPayload, ToldClaim, commitment_of
from cpbench.project import Project
from cpbench.specs.forecasts import ForecastSpec
from cpbench.specs.predictions import Fault, ForecastFile, forecast_faults
from cpbench.specs.reading import dotted, read
from cpbench.specs.validating import validate

Answer = tuple[ToldClaim, ForecastSpec]


def is_forecast_file(path: Path) -> bool:
    """Return whether a file holds forecasts and no claims of its own."""
    value = read(path).value
    return isinstance(value, dict) and "prediction" in value and "claims" not in value


def load_forecasts(project: Project, path: Path, by: str | None) -> list[Answer]:
    """Return a file's forecasts, each with the claim it is about.

    Args:
        project: Where the prediction is registered.
        path: The file.
        by: Whose forecasts they must be, if that was said.

    Raises:
        SpecError: The file is invalid; all problems at once.
        UsageError: The prediction is not registered, or a forecast is by somebody else.
    """
    document = read(path)
    file = validate(ForecastFile, document)
    claims = {told.claim.id: told for told in told_claims(project, file.prediction)}
    void = (index for index, each in enumerate(file.forecasts) if _is_void(claims, each))
    found = [
        *(Fault(("forecasts", index, "claim"), "was withdrawn; it is void") for index in void),
        *forecast_faults([told.claim for told in claims.values()], file.forecasts),
        *names_of_theories(project, file.forecasts),
    ]
    if found:
        raise SpecError(
            [
                Problem(document.file, *document.mark(each.place), dotted(each.place), each.message)
                for each in found
            ]
        )
    others = sorted({each.by for each in file.forecasts} - {by}) if by else []
    if others:
        raise UsageError(f"{document.file}: has forecasts by {', '.join(others)}, not only {by}")
    return [(claims[each.claim], each) for each in file.forecasts]


def _is_void(claims: Mapping[str, ToldClaim], said: ForecastSpec) -> bool:
    return said.claim in claims and claims[said.claim].is_withdrawn


def enter_forecasts(project: Project, answers: Sequence[Answer]) -> Done:
    """Append forecasts that the ledger does not have in force yet."""
    fresh = [(told, said) for told, said in answers if not _is_told(told, said)]
    payloads = [ForecastPayload(**about(project, told), forecast=said) for told, said in fresh]
    words = [_words(told, said) for told, said in fresh]
    rest = len(answers) - len(fresh)
    done = enter(project, payloads, words)
    known = (f"{rest} said already",) if rest else ()
    return Done(done.entries, (*done.lines, *known))


def enter_seals(project: Project, answers: Sequence[Answer]) -> Done:
    """Keep forecasts here and append only what fixes them."""
    payloads: list[SealedPayload] = []
    words: list[str] = []
    for told, said in answers:
        kept, salt = seal(project, told, said)
        commitment = commitment_of(salt, said)
        payloads.append(SealedPayload(**about(project, told), by=said.by, commitment=commitment))
        words.append(f"{said.by} sealed a forecast on {told.claim.id}; keep {kept}")
    done = enter(project, payloads, words)
    advice = "a seal that is not revealed counts as the worst forecast; lose no file named here"
    return Done(done.entries, (*done.lines, advice))


def preview(project: Project, answers: Sequence[Answer]) -> Done:
    """Return what would be entered; nothing is."""
    payloads = [ForecastPayload(**about(project, told), forecast=said) for told, said in answers]
    words = (_words(told, said) for told, said in answers)
    return Done((), (*late_notes(payloads), *words, "dry run: nothing was registered"))


def _words(told: ToldClaim, said: ForecastSpec) -> str:
    return f"{forecast_in_words(said, unit_of(told.claim))} ({told.claim.id})"


def _is_told(told: ToldClaim, said: ForecastSpec) -> bool:
    return any(
        each.forecast == said and not (each.is_withdrawn or each.sealed) for each in told.forecasts
    )
