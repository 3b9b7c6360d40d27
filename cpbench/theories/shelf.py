"""All theories there are: built in, from plug-ins, and written as laws in `specs/theories/`."""

import inspect
import re
from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import NamedTuple, cast, get_args

from cpbench.digests import file_digest
from cpbench.errors import Problem, SpecError, UsageError
from cpbench.project import Project
from cpbench.specs.reading import read
from cpbench.specs.theories import LawSpec
from cpbench.specs.validating import one_of, validate
from cpbench.theories.climatology import Climatology
from cpbench.theories.clocks import CLOCKS
from cpbench.theories.constant import Constant, law
from cpbench.theories.context import EARLY_EPOCHS, Information
from cpbench.theories.early import FISHER, LLC, LOSS, Peak, Settling
from cpbench.theories.theory import Theory
from cpbench.theories.uniform import Uniform

GROUP = "cpbench.theories"
"""Entry-point group of plug-ins."""
ALL = "all"
SEEN = f"readings before the removal, up to epoch {EARLY_EPOCHS}"
IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{0,63}")

BUILT_IN: tuple[Theory, ...] = (
    Uniform(),
    Climatology(),
    Constant("persistence", CLOCKS["epochs"], "every critical period ends at the same epoch"),
    Constant(
        "constant_steps",
        CLOCKS["steps"],
        "every critical period ends after the same number of optimizer steps",
    ),
    Constant(
        "constant_lr_budget",
        CLOCKS["lr_steps"],
        "every critical period ends with the same Σ lr·steps left after the removal",
    ),
    Constant(
        "constant_temperature",
        CLOCKS["lr/batch_size"],
        "every critical period ends at the same learning rate over batch size",
    ),
    Settling(
        "early_loss_plateau",
        LOSS,
        f"it ends when the training loss under the deficit has settled; sees {SEEN}",
        falls=True,
    ),
    Settling(
        "llc_plateau",
        LLC,
        f"it ends when λ̂ without the deficit has settled; sees {SEEN}",
        falls=False,
    ),
    Peak(
        "fisher_peak",
        FISHER,
        f"it ends when the trace of the Fisher information is at its peak; sees {SEEN}",
    ),
)


class Shelved(NamedTuple):
    """A theory, and where it comes from."""

    theory: Theory
    source: str
    """`built in`, the distribution of a plug-in, or a file of the project."""
    code: str
    """SHA-256 of its source file."""


class Shelf(NamedTuple):
    """All theories by name, and one line for each that could not be had."""

    theories: dict[str, Shelved]
    warnings: tuple[str, ...]

    def chosen(self, names: list[str]) -> list[Shelved]:
        """Return the theories of these names, all for `all`.

        Raises:
            UsageError: There is no such theory; near names are suggested.
        """
        for name in names:
            if name not in self.theories and name != ALL:
                raise UsageError(f"theory {one_of(name, [*self.theories, ALL])}")
        wanted = self.theories if ALL in names else dict.fromkeys(names)
        return [self.theories[name] for name in wanted]


def shelf_of(project: Project) -> Shelf:
    """Return all theories; a plug-in that is broken is a warning, a law that is wrong an error.

    Raises:
        SpecError: A file in `specs/theories/` is not a law, or takes a name that is taken.
    """
    shelved = {each.name: Shelved(each, "built in", _code_of(each)) for each in BUILT_IN}
    warnings: list[str] = []
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value)):
        try:
            plugged = _plugged(entry)
        except Exception as error:  # noqa: BLE001 - a stranger's code may raise anything
            warnings.append(f"theory {entry.name} ({entry.value}) is left out: {_line(error)}")
            continue
        if plugged.theory.name in shelved:
            taken = f"the name {plugged.theory.name} is taken"
            warnings.append(f"theory {entry.name} ({entry.value}) is left out: {taken}")
            continue
        shelved[plugged.theory.name] = plugged
    for path in sorted(project.theories.glob("*.yaml")):
        shelved[path.stem] = _written(path, project, set(shelved))
    return Shelf(shelved, tuple(warnings))


def load_law(path: Path, taken: set[str]) -> LawSpec:
    """Return a law as written.

    Args:
        path: The file.
        taken: Names that other theories have.

    Raises:
        SpecError: It is not a law, or its name is not its file's, or is taken.
    """
    document = read(path)
    spec = validate(LawSpec, document)
    line, column = document.mark(("id",))
    if spec.id != path.stem:
        message = f"must be the file's name, '{path.stem}'"
        raise SpecError([Problem(document.file, line, column, "id", message)])
    if spec.id in taken | {ALL}:
        message = f"'{spec.id}' is the name of another theory; choose another"
        raise SpecError([Problem(document.file, line, column, "id", message)])
    return spec


def _written(path: Path, project: Project, taken: set[str]) -> Shelved:
    source = path.relative_to(project.root).as_posix()
    return Shelved(law(load_law(path, taken)), source, file_digest(path))


def _plugged(entry: EntryPoint) -> Shelved:
    theory = cast("Theory", entry.load()())
    for fault in _faults(theory):
        raise TypeError(fault)
    distribution = entry.dist.name if entry.dist else entry.value
    return Shelved(theory, distribution, _code_of(theory))


def _faults(theory: Theory) -> Iterator[str]:
    """Yield what keeps a stranger's object from being a theory."""
    for field in ("name", "version", "summary"):
        if not isinstance(getattr(theory, field), str):
            yield f"its {field} is not text"
    if not IDENTIFIER.fullmatch(theory.name) or theory.name == ALL:
        yield "its name is not an identifier such as my_theory"
    if theory.information not in get_args(Information):
        yield f"its information is not one of {', '.join(get_args(Information))}"
    if not callable(theory.forecast):
        yield "its forecast is not a method"


def _code_of(theory: Theory) -> str:
    return file_digest(Path(inspect.getfile(type(theory))))


def _line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())
