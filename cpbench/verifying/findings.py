"""Findings: what does not agree, how bad that is, and what no finding can tell."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

Status = Literal["clean", "tampered", "unverifiable", "deviations"]

EXIT_CODES: dict[Status, int] = {"tampered": 4, "unverifiable": 7, "deviations": 8, "clean": 0}
"""Worst first. A change after the fact outweighs all; a record that nothing outside of it bears out
comes next, for its deviations may be incomplete."""

CANNOT_SHOW = (
    "that the parties of bets entered before acceptances existed agreed to them",
    "trials with other seeds that were run in private before anything was registered",
    "registrations in other copies of this project that were thrown away",
    "who somebody is: names of authors and parties are typed, not signed",
    "the time: clocks are those of the machines; only the order of entries is fixed",
    "a Git history that was rewritten before anybody else had a copy of it",
    "a lock file, plan and results that were all rewritten to agree: run `dvc repro` for that",
)


class Finding(NamedTuple):
    """One thing that does not agree."""

    status: Status
    place: str
    """File, and line where there is one."""
    text: str


def status_of(findings: Sequence[Finding]) -> Status:
    """Return the worst of what was found."""
    found = {finding.status for finding in findings}
    for status in EXIT_CODES:
        if status in found:
            return status
    return "clean"


def exit_code(findings: Sequence[Finding]) -> int:
    """Return 0 clean, 4 tampered, 7 unverifiable or 8 deviations: the worst of what was found."""
    return EXIT_CODES[status_of(findings)]


def tampered(place: str, text: str) -> Finding:
    """Return that something is not what it was."""
    return Finding("tampered", place, text)


def unverifiable(place: str, text: str) -> Finding:
    """Return that nothing bears something out."""
    return Finding("unverifiable", place, text)


def deviation(place: str, text: str) -> Finding:
    """Return that something was done otherwise than registered, openly."""
    return Finding("deviations", place, text)
