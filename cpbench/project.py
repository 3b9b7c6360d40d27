"""Where things lie: the project is the nearest parent of the current folder with a params.yaml."""

from pathlib import Path
from typing import NamedTuple

from cpbench.errors import UsageError
from cpbench.specs.register import load_register
from cpbench.specs.validating import one_of


class Project(NamedTuple):
    """The paths of `contracts.md` §4, all below one root."""

    root: Path

    @property
    def params(self) -> Path:
        """The register of active specs."""
        return self.root / "params.yaml"

    @property
    def protocols(self) -> Path:
        """Folder of protocol specs."""
        return self.root / "specs" / "protocols"

    @property
    def predictions(self) -> Path:
        """Folder of prediction specs."""
        return self.root / "specs" / "predictions"

    @property
    def theories(self) -> Path:
        """Folder of laws written in one line, as theories."""
        return self.root / "specs" / "theories"

    @property
    def schemas(self) -> Path:
        """Folder of JSON Schemas, made from the models."""
        return self.root / "specs" / "schema"

    @property
    def ledger(self) -> Path:
        """The append-only register of predictions."""
        return self.root / "specs" / "ledger.jsonl"

    @property
    def data(self) -> Path:
        """Folder of datasets that are not embedded; not in Git."""
        return self.root / "data"

    @property
    def store(self) -> Path:
        """The segment store: content-addressed, outside DVC and Git."""
        return self.root / ".cpbench" / "segments"

    @property
    def results(self) -> Path:
        """Folder of tidy results, one CSV per protocol."""
        return self.root / "reports" / "results"

    @property
    def scores(self) -> Path:
        """Outcomes, scores and settlements."""
        return self.root / "reports" / "scores.json"

    @property
    def pages(self) -> Path:
        """Folder of report pages and their figures."""
        return self.root / "reports" / "pages"

    def protocol(self, name: str) -> Path:
        """Return the spec of a protocol."""
        return self.protocols / f"{name}.yaml"

    def derived_seeds(self, name: str) -> Path:
        """Return the seeds that `cpbench predict` derived for a protocol."""
        return self.root / "specs" / "seeds" / f"{name}.json"

    def plan(self, name: str) -> Path:
        """Return the compiled plan of a protocol."""
        return self.root / "pipelines" / "plans" / f"{name}.json"

    def runs(self, name: str) -> Path:
        """Return the folder of a protocol's run records."""
        return self.root / "artifacts" / "runs" / name

    def readings(self, name: str) -> Path:
        """Return the folder of a protocol's readings."""
        return self.root / "artifacts" / "readings" / name

    def result(self, name: str) -> Path:
        """Return the tidy results of a protocol."""
        return self.results / f"{name}.csv"

    def provenance(self, name: str) -> Path:
        """Return the provenance of a protocol's results."""
        return self.root / "reports" / "provenance" / f"{name}.json"


def find(start: Path | None = None) -> Project:
    """Return the project that holds `start`, by default the current folder.

    Raises:
        UsageError: No parent holds a params.yaml.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "params.yaml").is_file():
            return Project(folder)
    raise UsageError(
        f"{here}: no params.yaml here or above; "
        f"run this inside a cpbench project (a clone of the repository)"
    )


def registered(project: Project) -> tuple[str, ...]:
    """Return the protocols listed in params.yaml, light ones first.

    Raises:
        SpecError: The register is not two lists of names.
    """
    return load_register(project.params).names


def known_protocol(project: Project, name: str) -> str:
    """Return the name if there is such a protocol.

    Raises:
        UsageError: There is none; near names are suggested.
    """
    known = {path.stem for path in project.protocols.glob("*.yaml")}
    if name not in known:
        raise UsageError(f"protocol {one_of(name, known)}")
    return name
