"""Which claims of a prediction file are new and do not say how seeds are redrawn."""

from collections.abc import Iterator

from cpbench.claims import statements_of
from cpbench.claims.checking import silent_draws
from cpbench.ledger import claims_of, read_ledger
from cpbench.plan.compiling import load_plan_digest
from cpbench.project import Project
from cpbench.records.published import published_digest
from cpbench.specs.loading import is_published, load_published
from cpbench.specs.predictions import Fault, Prediction
from cpbench.specs.reading import read


def silent_draws_of(project: Project, prediction: Prediction) -> Iterator[Fault]:
    """Yield what `cpbench predict` would refuse of a sound prediction, as registered till now.

    Raises:
        IntegrityError: The ledger is broken.
        SpecError: A protocol it is registered with is invalid.
    """
    told = claims_of(read_ledger(project.ledger))
    known = {each.hash for each in told if each.entry.payload.prediction.id == prediction.id}
    yield from silent_draws(prediction, digests_of(project, prediction) if known else {}, known)


def digests_of(project: Project, prediction: Prediction) -> dict[str, str]:
    """Return the digest of every protocol the claims name.

    Raises:
        SpecError: One is invalid.
    """
    names = {name for claim in prediction.claims for name in statements_of(claim).protocols}
    return {name: _digest(project, name) for name in sorted(names)}


def _digest(project: Project, name: str) -> str:
    path = project.protocol(name)
    if is_published(read(path)):
        return published_digest(load_published(path))
    return load_plan_digest(project, name)
