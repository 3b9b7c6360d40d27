"""Resolving: a registered claim and the evidence become an outcome, blind to who bet what."""

from cpbench.resolving.deciding import Resolved, resolve
from cpbench.resolving.evidence import Evidence, Study, read_evidence

__all__ = ["Evidence", "Resolved", "Study", "read_evidence", "resolve"]
