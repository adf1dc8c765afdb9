"""`kinetoscope settings`: every setting, its value, and where that comes from."""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from textwrap import fill

from dotenv import dotenv_values
from pydantic import SecretStr
from rich.text import Text

from ..kernel.settings import PREFIX, Settings
from .chosen import chosen_settings
from .lazy import new_command_app
from .options import AsJson, DataDir
from .output import console, print_json

_NAME_WIDTH = 38
_LINE_WIDTH = 100
_INDENT = "    "

app = new_command_app()


@dataclass(frozen=True, slots=True)
class Shown:
    """One setting as it is now."""

    name: str
    value: str | float | list[str] | None
    source: str
    description: str


@app.command("settings")
def show_settings(*, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Show every setting, its value, and where that comes from.

    Secrets are not shown. Each setting is an environment variable, or a line of a file `.env` in the
    directory where Kinetoscope is started; the environment comes first.
    """
    settings = chosen_settings(data_dir=data_dir)
    shown = shown_settings(settings, options={"data_dir": data_dir})
    if as_json:
        print_json([asdict(setting) for setting in shown])
        return
    for setting in shown:
        _print(setting)


def _print(setting: Shown) -> None:
    value = "–" if setting.value in (None, []) else str(setting.value)
    style = "" if setting.source == "default" else "bold green"
    heading = Text.assemble(
        (f"{setting.name:{_NAME_WIDTH}}", "cyan"), (value, style), (f"  ({setting.source})", "dim")
    )
    console().print(heading, soft_wrap=True)
    width = min(console().width, _LINE_WIDTH)
    description = fill(
        setting.description, width, initial_indent=_INDENT, subsequent_indent=_INDENT, break_long_words=False
    )
    console().print(Text(description, "dim"), soft_wrap=True)


def shown_settings(settings: Settings, *, options: Mapping[str, object]) -> list[Shown]:
    """Return all settings with their sources: an option, the environment, `.env`, or the default."""
    environment = {name.upper() for name, value in os.environ.items() if value}
    file = {name.upper() for name, value in dotenv_values(".env").items() if value}
    return [
        Shown(
            f"{PREFIX}{name.upper()}",
            _plain(getattr(settings, name)),
            _source(name, options, environment, file),
            field.description or "",
        )
        for name, field in Settings.model_fields.items()
    ]


def _source(name: str, options: Mapping[str, object], environment: set[str], file: set[str]) -> str:
    if options.get(name) is not None:
        return f"--{name.replace('_', '-')}"
    variable = f"{PREFIX}{name.upper()}"
    if variable in environment:
        return "environment"
    return ".env" if variable in file else "default"


def _plain(value: object) -> str | float | list[str] | None:
    match value:
        case SecretStr():
            return "********"
        case Path():
            return str(value)
        case tuple():
            return [str(part) for part in value]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - a tuple of any
        case str() | int() | float() | None:
            return value
        case _:
            raise TypeError(type(value).__name__)
