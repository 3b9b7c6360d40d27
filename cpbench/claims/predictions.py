"""Prediction files as a whole: the model, the claims' text, and what their protocols offer."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from cpbench.claims.parsing import ClaimError, parse
from cpbench.claims.syntax import Call, Event, calls, to_json
from cpbench.digests import digest
from cpbench.errors import Problem, SpecError
from cpbench.project import Project
from cpbench.specs.claims import BinaryClaim, Fault, Prediction, faults
from cpbench.specs.loading import load_protocol
from cpbench.specs.protocols import Protocol
from cpbench.specs.quantities import controls_of
from cpbench.specs.reading import Document, dotted, read
from cpbench.specs.validating import one_of, validate


class Offer(NamedTuple):
    """What a protocol offers to claims."""

    arms: frozenset[str]
    controls: frozenset[str]
    removals: tuple[int, ...] | None
    """Absent where no sweep axis is called `removal`: then any epoch may be asked for."""


def load_prediction(path: Path, offers: Mapping[str, Offer] | None = None) -> Prediction:
    """Return a prediction whose claims parse and whose parts agree.

    Args:
        path: The file.
        offers: What each known protocol offers; when given, series outside it are problems.

    Raises:
        SpecError: With every problem found, each at its line.
    """
    document = read(path)
    prediction = validate(Prediction, document)
    found = [
        *faults(prediction),
        *_name_faults(prediction, path.stem),
        *_claim_faults(prediction, offers),
    ]
    if found:
        raise SpecError([_problem(fault, document) for fault in found])
    return prediction


def offers_of(project: Project) -> dict[str, Offer]:
    """Return what each valid protocol of a project offers; `validate` reports the others itself."""
    offers: dict[str, Offer] = {}
    for path in sorted(project.protocols.glob("*.yaml")):
        try:
            offers[path.stem] = offer_of(load_protocol(path))
        except SpecError:
            continue
    return offers


def offer_of(protocol: Protocol) -> Offer:
    """Return what a protocol offers to claims."""
    experiment = protocol.protocol
    arms = frozenset(experiment.arms) or frozenset({"main"})
    return Offer(arms, frozenset(experiment.controls), experiment.sweep.get("removal"))


def unknown_series(event: Event, offers: Mapping[str, Offer]) -> Iterator[str]:
    """Yield what a claim asks for that its protocols do not offer."""
    for call in calls(event):
        if call.protocol not in offers:
            yield f"{call.text}: protocol {one_of(call.protocol, offers)}"
        else:
            yield from _not_offered(call, offers[call.protocol])


def protocols_of(event: Event) -> tuple[str, ...]:
    """Return the protocols a claim names, sorted."""
    return tuple(sorted({call.protocol for call in calls(event)}))


def claim_hash(claim: BinaryClaim, event: Event, protocols: Mapping[str, str]) -> str:
    """Return what identifies a claim: its meaning, resolution and protocols' digests."""
    named = {name: protocols[name] for name in protocols_of(event)}
    resolution = claim.resolution.json_value()
    return digest(
        {"claim": to_json(event), "type": claim.type, "resolution": resolution, "protocols": named}
    )


def _not_offered(call: Call, offer: Offer) -> Iterator[str]:
    if call.arm not in offer.arms:
        yield f"{call.text}: arm {one_of(call.arm, offer.arms)}"
    needed = controls_of(call.quantity, dict(call.arguments))
    for control in sorted(needed - offer.controls):
        yield f"{call.text}: needs the control {control}; add it to the controls of {call.protocol}"
    for key, value in call.arguments:
        if isinstance(value, int) and offer.removals is not None and value not in offer.removals:
            grid = ", ".join(map(str, offer.removals))
            yield f"{call.text}: {key}={value} is not swept by {call.protocol}; allowed: {grid}"


def _name_faults(prediction: Prediction, stem: str) -> Iterator[Fault]:
    if prediction.id != stem:
        yield Fault(("id",), f"must be the file's name, '{stem}'")


def _claim_faults(prediction: Prediction, offers: Mapping[str, Offer] | None) -> Iterator[Fault]:
    for index, claim in enumerate(prediction.claims):
        place = ("claims", index, "claim")
        try:
            event = parse(claim.claim)
        except ClaimError as error:
            yield Fault(place, str(error))
            continue
        if offers is not None:
            for message in unknown_series(event, offers):
                yield Fault(place, message)


def _problem(fault: Fault, document: Document) -> Problem:
    line, column = document.mark(fault.place)
    return Problem(document.file, line, column, dotted(fault.place), fault.message)
