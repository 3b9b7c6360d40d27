"""What a spec file is, told by the one key that no other kind has."""

from collections.abc import Mapping

from cpbench.errors import Problem, SpecError
from cpbench.specs.reading import START, Document
from cpbench.specs.validating import has

PREDICTION = "a prediction"
FORECASTS = "a file of forecasts"
LAW = "a theory"
PUBLISHED = "a protocol with published results"
PROTOCOL = "a protocol"

_KEYS: Mapping[str, str] = {
    "claims": PREDICTION,
    "prediction": FORECASTS,
    "law": LAW,
    "published": PUBLISHED,
    "protocol": PROTOCOL,
    "measurements": PROTOCOL,
}
"""The first key that is there tells."""


def kind_of(document: Document) -> str:
    """Return what a file is, or nothing where it cannot be told."""
    return next((kind for key, kind in _KEYS.items() if has(document.value, key)), "")


def refuse_other_kinds(document: Document, wanted: str) -> None:
    """Refuse a sound file of another kind by one line, not by a line for each of its fields.

    Raises:
        SpecError: It is something else.
    """
    kind = kind_of(document)
    if kind not in {"", wanted}:
        message = f"is {kind}, not {wanted}; name another file"
        raise SpecError([Problem(document.file, *START, "", message)])
