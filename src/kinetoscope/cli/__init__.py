"""The command line: one module for each command, imported when that command is used."""

import os
import sys
from typing import Annotated

import typer

from ..version import VERSION
from .failing import CommandFailed, complain
from .lazy import LazyGroup

app = typer.Typer(
    name="kinetoscope",
    cls=LazyGroup,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="To try it: `kinetoscope demo`. To use it: `kinetoscope serve`. When something is wrong: "
    "`kinetoscope doctor`.",
)


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - typer's own way to call it
    if wanted:
        typer.echo(f"kinetoscope {VERSION}")
        raise typer.Exit


@app.callback()
def root(
    *,
    debug: Annotated[
        bool, typer.Option("--debug", help="Log everything, and show where in the program an error arose.")
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Run an open, self-hosted video platform behind one HTTP API."""
    del version
    if debug:
        os.environ["KINETOSCOPE_LOG_LEVEL"] = "debug"


def main() -> None:
    """Run the command line; exit codes are 0 for done, 1 for failed, 2 for what cannot be used as given."""
    try:
        app()
    except CommandFailed as failure:
        complain(str(failure))
        sys.exit(failure.exit_code)
    except Exception as error:
        if os.environ.get("KINETOSCOPE_LOG_LEVEL", "").lower() == "debug":
            raise
        complain(
            f"Something unexpected went wrong ({type(error).__name__}: {error}). This is a fault of "
            "Kinetoscope: run the command again with `kinetoscope --debug …`, and report what it shows."
        )
        sys.exit(1)
