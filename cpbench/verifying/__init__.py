"""Verifying: whether ledger, seeds, plans, results and history still agree with each other."""

from cpbench.verifying.auditing import Audit, audit
from cpbench.verifying.findings import CANNOT_SHOW, Finding, exit_code, status_of

__all__ = ["CANNOT_SHOW", "Audit", "Finding", "audit", "exit_code", "status_of"]
