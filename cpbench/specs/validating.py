"""From a document to a validated model: every problem at once, each with its place and a way out."""

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from cpbench.errors import Problem, SpecError
from cpbench.specs.reading import Document, Place, dotted

Model = TypeVar("Model", bound=BaseModel)


def validate(model: type[Model], document: Document) -> Model:
    """Return the document as a model.

    Raises:
        SpecError: With one problem per invalid field.
    """
    try:
        return model.model_validate(document.value)
    except ValidationError as error:
        raise SpecError(problems(error, document)) from error


def problems(error: ValidationError, document: Document, prefix: Place = ()) -> list[Problem]:
    """Return a validation error as problems with places; `prefix` is where the value stood."""
    return [_problem(detail, document, prefix) for detail in error.errors(include_url=False)]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean 'x'?` for the nearest known word, or nothing."""
    near = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else ""


def one_of(word: str, known: Iterable[str]) -> str:
    """Return `'x' is not known; allowed: …; did you mean …?`."""
    names = sorted(known)
    return f"'{word}' is not known; allowed: {', '.join(names) or 'nothing yet'}{did_you_mean(word, names)}"


def _problem(detail: ErrorDetails, document: Document, prefix: Place) -> Problem:
    place = (*prefix, *_written(detail["loc"], _at(document.value, prefix)))
    field = dotted(place)
    line, column = document.mark(place)
    return Problem(document.file, line, column, field, _message(detail, _at(document.value, place[:-1])))


def _at(value: Any, place: Place) -> Any:  # noqa: ANN401 - any YAML value
    for part in place:
        match value:
            case dict() if part in value:
                value = value[part]
            case list() if isinstance(part, int) and part < len(value):
                value = value[part]
            case _:
                return None
    return value


def _written(location: tuple[str | int, ...], value: Any) -> Place:  # noqa: ANN401 - any YAML value
    """Drop the parts of a Pydantic location that name a union's member, not a place in the file."""
    place: list[str | int] = []
    for index, part in enumerate(location):
        is_key = isinstance(value, dict) and part in value
        is_item = isinstance(value, list) and isinstance(part, int) and part < len(value)
        if is_key or is_item:
            value = value[part]
            place.append(part)
        elif index == len(location) - 1 and isinstance(value, dict):
            place.append(part)
    return tuple(place)


def _message(detail: ErrorDetails, parent: Any) -> str:  # noqa: ANN401 - any YAML value
    context: Mapping[str, Any] = detail.get("ctx", {})
    given = detail.get("input")
    match detail["type"]:
        case "missing":
            return "is required; add it"
        case "extra_forbidden":
            return "is not a field here; remove it or correct its name"
        case "union_tag_invalid":
            known = [tag.strip(" '") for tag in str(context["expected_tags"]).split(",")]
            return f"kind {one_of(str(context['tag']), known)}"
        case "union_tag_not_found":
            return f"needs a kind: write it as a mapping {{kind: …}}, not {_short(given)}"
        case "literal_error" | "enum":
            known = [word.strip(" '") for word in str(context["expected"]).replace(" or ", ", ").split(",")]
            return one_of(str(given), known)
        case "value_error":
            return str(context.get("error", detail["msg"]))
        case "string_pattern_mismatch":
            return f"{_short(given)} must match {context['pattern']}"
        case _:
            return f"{_lower(detail['msg'])}, got {_short(given)}"


def _lower(message: str) -> str:
    return message[0].lower() + message[1:].replace("Input", "input")


def _short(value: Any) -> str:  # noqa: ANN401 - any YAML value
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
