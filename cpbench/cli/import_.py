"""`cpbench import`: other people's results, as a protocol that claims can be about."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from cpbench.cli.importing import Imported


def import_(  # noqa: PLR0913 - one parameter per option
    file: Annotated[Path, typer.Argument(help="A CSV file whose first line names its columns.")],
    *,
    protocol: Annotated[str, typer.Option(help="Id: writes specs/protocols/ID.yaml.")],
    arm: Annotated[str, typer.Option(help="Name of the arm; others of the protocol stay.")],
    column: Annotated[
        list[str],
        typer.Option(help="NAME=COLUMN, repeated: removal, accuracy, seed, test_loss, llc, …"),
    ],
    total_epochs: Annotated[
        int, typer.Option(min=1, max=20_000, help="Rows removed there or later were never removed.")
    ],
    unit: Annotated[
        Literal["percent", "fraction"] | None,
        typer.Option(help="Of accuracies; told from the numbers unless said.", show_default=False),
    ] = None,
    source: Annotated[str, typer.Option(help="Who published the numbers, and where.")] = "",
    training: Annotated[
        list[str] | None,
        typer.Option(
            help="NAME=VALUE, repeated: batch_size, num_train, lr, lr_gamma (factor per epoch).",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was done as JSON.")] = False,
) -> None:
    """Write published results into a protocol spec. An arm that is there is never changed."""
    from cpbench.cli.importing import Order, import_table, training_of
    from cpbench.cli.tables import FIELDS, pairs_of, read_table
    from cpbench.project import find
    from cpbench.records.files import to_json

    project = find()
    table = read_table(file, pairs_of("--column", column, FIELDS))
    order = Order(protocol, arm, total_epochs, unit, source, training_of(training or ()))
    done = import_table(project, table, file, order)
    typer.echo(to_json(done._asdict()) if as_json else _told(done), nl=not as_json)


def _told(done: "Imported") -> str:
    what = "wrote" if done.written else "nothing to do, the same stands in"
    controls = f" and {done.never_removed} never removed" if done.never_removed else ""
    lines = [
        f"{what} {done.path}: arm {done.arm}, {done.rows} rows{controls}",
        f"accuracies in {done.unit}, {done.seeds} per cell, baseline {done.baseline}",
        f"source: {done.source}",
        *(f"note: {note}" for note in done.notes),
    ]
    return "\n  ".join(lines)
