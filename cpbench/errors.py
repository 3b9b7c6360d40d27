"""Every error a person can cause, each with the exit code its kind of trouble has.

CpbenchError
├── UsageError         2   the command was called wrongly
├── SpecError          3   a spec, claim or forecast is invalid: edit it
├── IntegrityError     4   something stored is not what it says it is
├── EvidenceError      1   a record is missing or stale: re-run the stage it names
├── EnvironmentFault   6   this machine lacks something (data, disk, a second trainer runs)
└── Preempted         75   told to stop; everything up to the last checkpoint is safe
"""

from collections.abc import Sequence
from typing import NamedTuple


class Problem(NamedTuple):
    """One thing wrong with one place of one file."""

    file: str
    line: int
    column: int
    field: str
    message: str

    def __str__(self) -> str:
        """Return the one-line form `file:line:column: field: message`."""
        place = f"{self.file}:{self.line}:{self.column}"
        return (
            f"{place}: {self.field}: {self.message}" if self.field else f"{place}: {self.message}"
        )


class CpbenchError(Exception):
    """Root of every error that is reported without a traceback."""

    exit_code = 1


class UsageError(CpbenchError):
    """The command was called with something that does not exist."""

    exit_code = 2


class SpecError(CpbenchError):
    """One or more specs are invalid; all problems found are carried, one per line."""

    exit_code = 3

    def __init__(self, problems: Sequence[Problem] | str) -> None:
        self.problems = () if isinstance(problems, str) else tuple(problems)
        super().__init__(problems if isinstance(problems, str) else "\n".join(map(str, problems)))


class IntegrityError(CpbenchError):
    """A stored file is not what its hash or digest says."""

    exit_code = 4


class EvidenceError(CpbenchError):
    """A record is missing or belongs to another version of the spec."""


class EnvironmentFault(CpbenchError):
    """The machine cannot do this now: missing data, no disk, another trainer at work."""

    exit_code = 6


class Preempted(CpbenchError):
    """The process was asked to stop and did so after a checkpoint."""

    exit_code = 75
