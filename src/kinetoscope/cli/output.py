"""How results look: tables and facts for people, JSON for programs."""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

import typer
from rich.console import Console

Json = str | int | float | bool | None | Mapping[str, "Json"] | Sequence["Json"]


def console() -> Console:
    """Return standard output: coloured on a terminal, plain lines elsewhere."""
    return Console(highlight=False, soft_wrap=not sys.stdout.isatty())


def print_json(value: object) -> None:
    """Print a value as JSON."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, default=_as_json))


def print_facts(facts: Mapping[str, object], *, as_json: bool) -> None:
    """Print named facts, one a line, or as one JSON object."""
    if as_json:
        print_json(facts)
        return
    width = max(len(name) for name in facts) + 2
    for name, value in facts.items():
        typer.echo(f"{name.replace('_', ' '):{width}}{_as_words(value)}")


def _as_json(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, Path | UUID):
        return str(value)
    raise TypeError(type(value).__name__)


def _as_words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value is None else str(value)
