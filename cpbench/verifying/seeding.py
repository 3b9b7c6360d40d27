"""Seeds: whether the files of derived seeds hold what the ledger derives."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from cpbench.errors import EvidenceError
from cpbench.ledger import Entry, PredictionEntry, derived_seeds
from cpbench.project import Project
from cpbench.records.derived_seeds import DerivedSeeds
from cpbench.records.files import read_record
from cpbench.specs.reading import display
from cpbench.verifying.findings import Finding, tampered

SHOWN = 12


def seeds_as_derived(project: Project, entries: Sequence[Entry]) -> Iterator[Finding]:
    """Yield files of derived seeds that no entry derives."""
    for path in sorted(project.derived_seeds("x").parent.glob("*.json")):
        if fault := _seeds_fault(path, entries):
            yield tampered(display(path), fault)


def _seeds_fault(path: Path, entries: Sequence[Entry]) -> str:
    """Return why a file's seeds are not those of its entry, or nothing."""
    try:
        stated = read_record(DerivedSeeds, path, stage=f"plan@{path.stem}")
    except EvidenceError as error:
        return str(error).partition(": ")[2]
    by_hash = {entry.hash: entry for entry in entries if isinstance(entry, PredictionEntry)}
    entry = by_hash.get(stated.entry)
    digest = entry.payload.protocols.get(stated.protocol) if entry else None
    if stated.protocol != path.stem or digest is None:
        return f"names entry {stated.entry[:SHOWN]}, which does not register {path.stem}"
    derived = derived_seeds(entries, stated.protocol, digest, len(stated.seeds))
    if derived.entry != stated.entry:
        return f"names entry {stated.entry[:SHOWN]}; {derived.entry[:SHOWN]} was the first"
    return "" if derived == stated else f"does not hold the seeds of entry {stated.entry[:SHOWN]}"
