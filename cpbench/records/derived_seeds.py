"""Seeds derived at registration, `specs/seeds/<protocol>.json`."""

from pathlib import Path

from cpbench.records.files import read_record
from cpbench.specs.base import Seed, Sha256, Spec


class DerivedSeeds(Spec):
    """What `specs/seeds/<protocol>.json` holds."""

    protocol: str
    entry: Sha256
    """Hash of the first ledger entry that names the protocol as it is."""
    seeds: tuple[Seed, ...]


def read_derived_seeds(path: Path) -> DerivedSeeds:
    """Return a protocol's derived seeds.

    Raises:
        EvidenceError: They are missing or unreadable.
    """
    return read_record(DerivedSeeds, path, stage=f"plan@{path.stem}")
