"""How a command fails: one sentence with the next step, on standard error, and an exit code."""

import sys

import typer

USAGE = 2


class CommandFailed(Exception):  # noqa: N818 - named by what it means, as all refusals are
    """The command cannot do what it should; the message is for the person who typed it."""

    def __init__(self, text: str, *, exit_code: int = 1) -> None:
        super().__init__(text)
        self.exit_code = exit_code


def complain(text: str) -> None:
    """Print a failure."""
    if not text:
        return
    typer.secho("Error: ", err=True, fg="red", bold=True, nl=False)
    typer.echo(text, err=True)
    sys.stderr.flush()
