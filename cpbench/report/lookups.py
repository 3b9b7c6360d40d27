"""Finding one value among those the judge wrote down."""

import re
from collections.abc import Iterable

from cpbench.records.scores import Claim
from cpbench.records.series import Series, Value
from cpbench.specs.quantities import QUANTITIES

_CALL = re.compile(r"(\w+)\(([^()]*)\)")


def quantity(series: Series, name: str, **arguments: str) -> Value | None:
    """Return a summary quantity of one arm, or nothing when the judge did not state it.

    Args:
        series: The arm.
        name: As in the claim language: `baseline`, `plateau`, `never`, `half` or `end`.
        arguments: Where they differ from the language's defaults, as `estimator="drop90"`.
    """
    wanted = _defaults(name) | arguments
    for value in series.quantities:
        call = _CALL.fullmatch(value.expr)
        if call and call.group(1) == name and _arguments(name, call.group(2)) == wanted:
            return value
    return None


def of_protocol(series: Iterable[Series], protocol: str) -> tuple[Series, ...]:
    """Return the arms of one protocol, in the judge's order."""
    return tuple(one for one in series if one.protocol == protocol)


def about_protocol(claims: Iterable[Claim], protocol: str) -> tuple[Claim, ...]:
    """Return the claims that rest on a protocol."""
    return tuple(claim for claim in claims if protocol in claim.protocols)


def _defaults(name: str) -> dict[str, str]:
    parameters = QUANTITIES[name].parameters
    return {key: each.default for key, each in parameters.items() if each.default is not None}


def _arguments(name: str, written: str) -> dict[str, str]:
    """Return all arguments of a call, given what stands between its brackets."""
    _, *pairs = (part.strip() for part in written.split(","))
    said = (pair.partition("=") for pair in pairs)
    return _defaults(name) | {key.strip(): value.strip() for key, _, value in said}
