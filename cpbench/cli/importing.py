"""What `cpbench import` does: a table becomes an arm of a protocol of published results."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from cpbench.cli.tables import Table, Values, arm_rows, pairs_of, unit_in
from cpbench.digests import file_digest
from cpbench.errors import SpecError, UsageError
from cpbench.project import Project
from cpbench.records.files import write_text
from cpbench.specs.loading import is_published, published_of
from cpbench.specs.published import AccuracyUnit, Published, PublishedProtocol
from cpbench.specs.reading import MAX_BYTES, display, parse, read
from cpbench.specs.register import load_register
from cpbench.specs.writing import to_yaml, with_member

TRAINING = ("batch_size", "num_train", "lr", "lr_gamma")
"""What `--training` says: all of it or none."""
HEADER = "# yaml-language-server: $schema=../schema/published.json\n"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


class Order(NamedTuple):
    """What was asked for on the command line, besides the table."""

    protocol: str
    arm: str
    total_epochs: int
    unit: AccuracyUnit | None
    source: str
    training: Mapping[str, float]


class Imported(NamedTuple):
    """What was done, as `--json` prints it."""

    path: str
    protocol: str
    arm: str
    written: bool
    """False: the file said the same already."""
    rows: int
    never_removed: int
    unit: str
    seeds: int
    baseline: str
    source: str
    notes: tuple[str, ...]


def training_of(written: Sequence[str]) -> dict[str, float]:
    """Return `--training` options as numbers.

    Raises:
        UsageError: One is missing while another is given, or is not a number that fits.
    """
    found = pairs_of("--training", written, TRAINING)
    if found and (absent := [name for name in TRAINING if name not in found]):
        raise UsageError(f"--training needs {', '.join(absent)}, too; or leave all of it out")
    numbers = {name: _positive(name, text) for name, text in found.items()}
    if numbers.get("lr_gamma", 1.0) > 1:
        raise UsageError("--training lr_gamma: is a factor per epoch, at most 1")
    return numbers


def import_table(project: Project, table: Table, path: Path, order: Order) -> Imported:
    """Write a table into the protocol's spec, and return what was done.

    Args:
        project: Where the spec lies.
        table: The numbers.
        path: Where they came from.
        order: What else was said.

    Raises:
        UsageError: A name is no name, or the protocol holds something else already.
        SpecError: The table cannot be an arm of the protocol.
    """
    _check_words(order)
    unit = unit_in(table, order.unit)
    curve, never, labels = arm_rows(table, order.total_epochs)
    arm = _arm(order, curve, never)
    target = project.protocol(order.protocol)
    is_new = not target.exists()
    fresh = HEADER + to_yaml(_fresh(order, path, arm, unit, len(labels)))
    own = _checked(fresh, target)
    text = fresh if is_new else _extended(target, order, own.published, arm)
    protocol = own if is_new else _checked(text, target)
    written = is_new or order.arm not in published_of(read(target), order.protocol).published.arms
    if written:
        write_text(target, text)
    block = protocol.published
    return Imported(
        path=display(target),
        protocol=order.protocol,
        arm=order.arm,
        written=written,
        rows=len(curve),
        never_removed=len(never),
        unit=block.unit,
        seeds=block.seeds,
        baseline=block.baseline,
        source=block.source,
        notes=(*_notes(order, block, labels, is_new=is_new), *_unlisted(project, order.protocol)),
    )


def _check_words(order: Order) -> None:
    for option, name in (("--protocol", order.protocol), ("--arm", order.arm)):
        if not _NAME.fullmatch(name):
            raise UsageError(f"{option} {name!a}: use a-z, 0-9 and _, a letter first")
    if not order.source.isprintable():
        raise UsageError("--source: write one line of printable text")


def _positive(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    is_whole = name in {"batch_size", "num_train"}
    if not 0 < value < float("inf") or (is_whole and not value.is_integer()):
        kind = "a whole number" if is_whole else "a number"
        raise UsageError(f"--training {name}={text!a}: must be {kind} above 0")
    return int(value) if is_whole else value


def _arm(order: Order, curve: list[Values], never: list[Values]) -> dict[str, Any]:
    arm: dict[str, Any] = {"total_epochs": order.total_epochs}
    if order.training:
        plain = {name: order.training[name] for name in TRAINING[:3]}
        gamma = order.training["lr_gamma"]
        law = {"kind": "exponential", "gamma": gamma} if gamma < 1 else {"kind": "constant"}
        arm["training"] = {**plain, "lr_law": law}
    return {**arm, "rows": curve, **({"never_removed": never} if never else {})}


def _fresh(
    order: Order, path: Path, arm: dict[str, Any], unit: AccuracyUnit, seeds: int
) -> dict[str, Any]:
    source = order.source or f"{ascii(path.name)[1:-1]}, SHA-256 {file_digest(path)}"
    baseline = "removal_0" if arm["rows"][0]["removal"] == 0 else "none"
    return {
        "id": order.protocol,
        "about": {"title": f"Published results: {order.protocol}"},
        "published": {
            "source": source,
            "unit": unit,
            "seeds": seeds,
            "baseline": baseline,
            "arms": {order.arm: arm},
        },
    }


def _extended(target: Path, order: Order, own: Published, arm: dict[str, Any]) -> str:
    """Return the file with the arm in it; unchanged where it holds the same arm.

    Raises:
        UsageError: It holds another arm of that name, another unit or source, or no results.
    """
    label, document = display(target), read(target)
    if not is_published(document):
        raise UsageError(f"{label}: is a protocol that is run here; give --protocol another name")
    block = published_of(document, order.protocol).published
    for name in ("unit", "seeds"):
        stands, told = getattr(block, name), getattr(own, name)
        if told != stands:
            raise UsageError(
                f"{label}: has {name} {stands}, this table {told}; give --protocol another name"
            )
    if order.source not in {"", block.source}:
        raise UsageError(f"{label}: has another source; leave --source out or use another name")
    text = target.read_text(encoding="utf-8").removeprefix("\ufeff")
    if order.arm not in block.arms:
        return with_member(text, ("published", "arms"), order.arm, arm)
    if block.arms[order.arm] != own.arms[order.arm]:
        raise UsageError(
            f"{label}: has an arm {order.arm} with other numbers; results are not overwritten: "
            "delete it there or use another --arm"
        )
    return text


def _checked(text: str, target: Path) -> PublishedProtocol:
    size = len(text.encode())
    if size > MAX_BYTES:
        raise SpecError(
            f"{display(target)}: would have {size:,} bytes, a spec may have {MAX_BYTES:,}; "
            "import fewer rows or columns"
        )
    return published_of(parse(text, display(target)), target.stem)


def _notes(order: Order, block: Published, labels: list[int], *, is_new: bool) -> list[str]:
    notes: list[str] = []
    if labels != list(range(len(labels))):
        notes.append(f"seeds {', '.join(map(str, labels))} are written as 0 … {len(labels) - 1}")
    if not order.training:
        notes.append("without --training, steps and learning rates are unknown")
    if is_new:
        notes.append(f"baseline is {block.baseline}; change it there if that is wrong")
        if not order.source:
            notes.append("source is the file's name; write who published the numbers, and where")
    return notes


def _unlisted(project: Project, protocol: str) -> list[str]:
    is_listed = protocol in load_register(project.params).judged
    return [] if is_listed else [f"list {protocol} under published: in params.yaml to score it"]
