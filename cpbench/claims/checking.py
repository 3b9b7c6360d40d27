"""What a claim's model cannot see: that its texts are in the language and fit each other."""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date
from functools import partial

from cpbench.claims.estimating import estimators_of
from cpbench.claims.parsing import parse, parse_amount, parse_quantity
from cpbench.claims.places import ClaimError
from cpbench.claims.statements import Statements, claim_hash, statements_of
from cpbench.claims.syntax import (
    Comparison,
    Event,
    Expression,
    Junction,
    Negation,
    Number,
)
from cpbench.claims.units import name as in_words
from cpbench.specs.claims import BinaryClaim, Claim, NumericClaim
from cpbench.specs.predictions import Fault, Prediction
from cpbench.specs.reading import Place
from cpbench.specs.units import Unit

Reader = Callable[[], Event | Expression]


def statements_in(claim: Claim) -> Iterator[tuple[Place, Reader]]:
    """Yield each text of a claim: its place below the claim, and what reads it."""
    match claim:
        case BinaryClaim():
            yield ("claim",), partial(parse, claim.claim)
        case NumericClaim():
            yield ("quantity",), partial(parse_quantity, claim.quantity)
        case _:
            for index, option in enumerate(claim.options):
                yield ("options", index, "when"), partial(parse, option.when)
    if claim.given is not None:
        yield ("given",), partial(parse, claim.given)


def setting_faults(claim: Claim) -> Iterator[Fault]:
    """Yield settings that do not fit a claim's statements, each with its place below the claim.

    A claim whose statements cannot be read has worse faults; then only its day is looked at.
    """
    yield from _day_faults(claim)
    try:
        statements = statements_of(claim)
    except ClaimError:
        return
    yield from _unit_faults(claim, statements)
    yield from _margin_faults(claim, statements)
    if claim.resolution.agree and not any(map(estimators_of, statements.calls)):
        message = "names estimators of the end, and no quantity here has one; leave it out"
        yield Fault(("resolution", "agree"), message)


def silent_draws(
    prediction: Prediction,
    protocols: Mapping[str, str] | None = None,
    known: Collection[str] = (),
) -> Iterator[Fault]:
    """Yield new claims that rest on draws and do not say of which law: it can turn a verdict.

    Claims that are registered without it meant the plain bootstrap, and still do.

    Args:
        prediction: Whose claims.
        protocols: Digest of every protocol they name; not looked at where nothing is known.
        known: Hashes of the claims that this prediction is registered with.
    """
    for index, claim in enumerate(prediction.claims):
        rule = claim.resolution
        if rule.rule == "point" or rule.draws is not None:
            continue
        if not known or claim_hash(claim, protocols or {}) not in known:
            yield Fault(
                ("claims", index, "resolution"),
                "needs draws: student, which errs as often as level says, or resample, the plain "
                "bootstrap, which errs more with few seeds",
            )


def _day_faults(claim: Claim) -> Iterator[Fault]:
    day = claim.resolution.deadline
    if day is None:
        return
    try:
        date.fromisoformat(day)
    except ValueError:
        message = f"{day} is no day of the calendar; write it as 2026-12-31"
        yield Fault(("resolution", "deadline"), message)


def _unit_faults(claim: Claim, statements: Statements) -> Iterator[Fault]:
    if isinstance(claim, NumericClaim) and statements.quantity is not None:
        unit = statements.quantity.unit
        if claim.unit != unit:
            message = f"the quantity is in {in_words(unit)}; write unit: '{unit}'"
            yield Fault(("unit",), message)


def _margin_faults(claim: Claim, statements: Statements) -> Iterator[Fault]:
    if claim.resolution.margin is None:
        return
    place = ("resolution", "margin")
    try:
        margin = parse_amount(claim.resolution.margin)
    except ClaimError as error:
        yield Fault(place, str(error).replace("of the claim", "of the margin"))
        return
    if margin.value <= 0:
        yield Fault(place, "is a distance; write a number above 0, or leave it out")
    units: set[Unit] = {unit for node in statements.nodes for unit in _compared_units(node)}
    if margin.unit not in units:
        found = ", ".join(sorted(in_words(unit) for unit in units)) or "nothing"
        message = f"is in {in_words(margin.unit)}, and the claim compares {found}; change its unit"
        yield Fault(place, message)


def _compared_units(node: Event | Expression) -> Iterator[Unit]:
    """Yield the units in which a margin of a statement may be; percent differ by pp."""
    match node:
        case Comparison():
            plain = (each for each in node.operands if not _is_zero(each))
            units: set[Unit] = {operand.unit for operand in plain}
            for unit in units:
                yield unit
                if unit == "percent":
                    yield "pp"
        case Junction():
            for part in node.parts:
                yield from _compared_units(part)
        case Negation():
            yield from _compared_units(node.part)
        case _:
            return


def _is_zero(node: Expression) -> bool:
    return isinstance(node, Number) and node.is_bare_zero
