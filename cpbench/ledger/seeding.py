"""Seeds from registration: derived from an entry's hash, so that nobody knew them before it."""

from collections.abc import Sequence
from pathlib import Path

from cpbench.ledger.entries import Entry, PredictionEntry
from cpbench.project import Project
from cpbench.records.derived_seeds import DerivedSeeds
from cpbench.records.files import to_json, write_text
from cpbench.seeds import derive_seed

SEED_RANGE = 2**31


def derived_seeds(
    entries: Sequence[Entry], protocol: str, protocol_digest: str, n: int
) -> DerivedSeeds:
    """Return seeds nobody could know before the protocol was first named in the ledger.

    seed_i = derive_seed(entry hash, "registration", i) mod 2³¹, repeats left out. Protocols that
    one entry names first share their seeds, so their runs are paired.

    Raises:
        LookupError: No prediction names the protocol with this digest.
    """
    first = first_naming(entries, protocol, protocol_digest)
    if first is None:
        raise LookupError(protocol)
    seeds: dict[int, None] = {}
    counter = 0
    while len(seeds) < n:
        seeds[derive_seed(int(first.hash, 16), "registration", counter) % SEED_RANGE] = None
        counter += 1
    return DerivedSeeds(protocol=protocol, entry=first.hash, seeds=tuple(seeds))


def first_naming(
    entries: Sequence[Entry], protocol: str, protocol_digest: str
) -> PredictionEntry | None:
    """Return the first prediction that names a protocol as it is, if there is one."""
    naming = (
        entry
        for entry in entries
        if isinstance(entry, PredictionEntry)
        and entry.payload.protocols.get(protocol) == protocol_digest
    )
    return next(naming, None)


def write_derived_seeds(project: Project, seeds: DerivedSeeds) -> Path:
    """Write a protocol's derived seeds, and return where."""
    path = project.derived_seeds(seeds.protocol)
    write_text(path, to_json(seeds.json_value()))
    return path
