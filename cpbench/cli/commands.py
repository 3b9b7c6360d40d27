"""All commands as one: what is wrong with a call is one line, like every other error."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperGroup

from cpbench.errors import UsageError


class ReaderGoneError(Exception):
    """Whoever read the output has gone (`| head`): nobody is left to tell."""


class Commands(TyperGroup):
    """Runs one of the commands; typer would box its errors and call a closed pipe a failure."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # pyright: ignore[reportIncompatibleMethodOverride] - typer hides its context's base
        """Read what stands before the command's name; without any word, show the help.

        Raises:
            UsageError: There is no such option.
        """
        if not args:
            return super().parse_args(ctx, args)
        with _one_line(ctx):
            return super().parse_args(ctx, args)

    def invoke(self, ctx: typer.Context) -> Any:  # noqa: ANN401  # pyright: ignore[reportIncompatibleMethodOverride] - likewise
        """Run the command that was named.

        Raises:
            ReaderGoneError: The output cannot be written any more.
            UsageError: There is no such command or option, or one has no such value.
        """
        try:
            with _one_line(ctx):
                return super().invoke(ctx)
        except BrokenPipeError as error:
            raise ReaderGoneError from error


@contextmanager
def _one_line(ctx: typer.Context) -> Generator[None]:
    try:
        yield
    except typer.TyperException as error:
        asked = getattr(error, "ctx", None) or ctx
        told = getattr(error, "format_message", error.__str__)
        words = " ".join(str(told()).split()).rstrip(".")
        raise UsageError(f"{words}; see `{asked.command_path} --help`") from error
