"""The command line: one file per command.

Only light imports here, so that `--help` comes at once.
"""

import sys

import typer

from cpbench.cli.data import data
from cpbench.cli.errors import reporting
from cpbench.cli.plan import plan
from cpbench.cli.predict import predict
from cpbench.cli.report import report
from cpbench.cli.schema import schema
from cpbench.cli.score import score
from cpbench.cli.status import status
from cpbench.cli.validate import validate

app = typer.Typer(
    name="cpbench",
    help="Critical learning periods as specs, bets and scores. "
    "Train with `dvc repro`; judge with these.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (validate, schema, plan, predict, score, report, status, data):
    app.command()(command)


def main() -> None:
    """Run the command line."""
    with reporting():
        app(standalone_mode=True, args=sys.argv[1:])
