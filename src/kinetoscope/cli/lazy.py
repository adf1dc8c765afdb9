"""Commands by name. Each is imported when it is used: `serve` stays light, and help is instant."""

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

SUMMARIES = {
    "demo": "Start everything with a small sample library to look at.",
    "serve": "Start everything that one machine needs, and keep it running.",
    "api": "Run one API process alone.",
    "worker": "Run one job worker alone.",
    "sfu": "Run the media server alone.",
    "db": "Start, stop, look into, dump and restore the database.",
    "admin": "Make administrators, change keys.",
    "analytics": "Make the figures of all reports anew.",
    "jobs": "Show background jobs; retry or remove those that failed.",
    "search": "Show how the search index is; make it anew.",
    "recommendations": "Compare and roll back policies, train, exchange data with other trainers.",
    "settings": "Show every setting, its value, and where that comes from.",
    "doctor": "Find and explain what is wrong on this machine.",
    "openapi": "Print the OpenAPI document of the HTTP API.",
}
_HIDDEN = frozenset({"demo-fill"})


class LazyGroup(TyperGroup):
    """Knows its commands' names and summaries; the commands themselves are loaded when they run."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002 - typer's own signature
        """Return the names of all commands that help shows."""
        return list(SUMMARIES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002 - typer's own signature
        """Return a stand-in that carries the summary; None for a name that is not a command's."""
        if cmd_name not in SUMMARIES and cmd_name not in _HIDDEN:
            return None
        return TyperCommand(cmd_name, help=SUMMARIES.get(cmd_name))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - typer's own signature
        """Return the command that the arguments name, now loaded, with the rest of the arguments."""
        self.commands = dict.fromkeys(SUMMARIES, TyperCommand(None))  # suggested for a mistyped name
        name, _, rest = super().resolve_command(ctx, args)
        return name, None if name is None else load_command(name), rest


def load_command(name: str) -> Any:  # noqa: ANN401 - typer hides its type
    """Return a command of the command line with everything that it needs imported."""
    module = import_module(f"{__package__}.{name.replace('-', '_')}")
    command = typer.main.get_command(module.app)
    command.name = name
    return command


def new_command_app(*, no_args_is_help: bool = False, invoke_without_command: bool = False) -> typer.Typer:
    """Return what a command module registers its command or sub-commands with."""
    return typer.Typer(
        add_completion=False,
        rich_markup_mode="markdown",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        no_args_is_help=no_args_is_help,
        invoke_without_command=invoke_without_command,
    )
