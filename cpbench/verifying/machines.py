"""Machines: whether a theory's forecast can be had again, and could not be fitted to the results.

Built-in theories are part of cpbench. A law or a plug-in can be written by somebody who has seen
how training goes; it counts as written before only where a commit of before shows it.
"""

import hashlib
from collections.abc import Iterator

from cpbench.checkout import commits, content
from cpbench.ledger import ToldClaim, ToldForecast
from cpbench.project import Project
from cpbench.specs.reading import display
from cpbench.theories.shelf import BUILT_IN, Shelved, shelf_of
from cpbench.verifying.beginnings import Beginning
from cpbench.verifying.findings import Finding, deviation, unverifiable


def machines(project: Project, told: ToldClaim, began: Beginning) -> Iterator[Finding]:
    """Yield what theories said once knowing began, and may have been written for."""
    if began.seq is None:
        return
    for forecast in told.forecasts:
        if forecast.theory is None or forecast.seq <= began.seq or forecast.is_late:
            continue
        found = shelf_of(project).theories.get(forecast.by)
        place = f"{display(project.ledger)}:{forecast.seq}"
        what = f"the forecast of {forecast.by} on {told.claim.id} came after {began.words}"
        if found is None or found.code != forecast.theory.code:
            yield unverifiable(place, f"{what}, by code that is not here: nobody can ask it again")
        elif not _is_older(project, found, forecast, began.seq):
            yield deviation(place, f"{what}, and nothing shows that its theory is older")


def _is_older(project: Project, found: Shelved, forecast: ToldForecast, seq: int) -> bool:
    """Return whether a theory is cpbench's own, or was committed before knowing began."""
    if found.theory in BUILT_IN:
        return True
    path = project.theories / f"{forecast.by}.yaml"
    for commit_id in commits(project.root, path):
        law = content(project.root, path, commit_id)
        ledger = content(project.root, project.ledger, commit_id) or b""
        is_this = law is not None and hashlib.sha256(law).hexdigest() == found.code
        if is_this and ledger.count(b"\n") <= seq:
            return True
    return False
