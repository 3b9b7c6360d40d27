"""Pages of text for people: wrapped to the terminal, in a pipe too, and safe to print."""

import shutil
import textwrap

import typer


def heading(text: str) -> None:
    """Print a heading after an empty line."""
    typer.echo()
    typer.secho(printable(text), bold=True)


def line(text: str, *, indent: int = 2) -> None:
    """Print a line, wrapped between words, its continuation indented further."""
    typer.echo(
        textwrap.fill(
            printable(text),
            width=shutil.get_terminal_size().columns,
            initial_indent=" " * indent,
            subsequent_indent=" " * (indent + 2),
            break_long_words=False,
            break_on_hyphens=False,
        )
    )


def printable(text: str) -> str:
    """Return text with every control character written out, so that no title moves the cursor."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
