"""The files that are made from the code and checked in: openapi.json, schema.sql, docs/settings.md.

`make generate` writes them; tests/structure/test_generated.py holds them fresh.
"""

import asyncio
import re
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from kinetoscope.app import create_api
from kinetoscope.http.openapi import dump_document
from kinetoscope.kernel.embedded_postgres import EmbeddedPostgres
from kinetoscope.kernel.migrate import migrate
from kinetoscope.kernel.secrets import Keyring
from kinetoscope.kernel.settings import PREFIX, Settings, load_settings
from kinetoscope.wiring import build_platform

ROOT = Path(__file__).parents[2]

_SETTINGS_PAGE = """\
# Settings

Each is read from the environment, or from a file `.env` where Kinetoscope is started.
All bad values are reported at once, with what would be right. `kinetoscope settings` shows the present ones.

<!-- Made by `make generate` from src/kinetoscope/kernel/settings.py. -->

| setting | default | what it is |
|---|---|---|
"""


def openapi() -> str:
    """Return the OpenAPI document."""
    platform = build_platform(load_settings(), dsn="postgresql://nowhere/", keyring=Keyring(bytes(32)))
    return dump_document(create_api(platform, public_url=None)).decode()


def schema() -> str:
    """Return the schema that all migrations together make, without what differs between servers."""
    with tempfile.TemporaryDirectory() as folder:
        postgres = EmbeddedPostgres(Path(folder))
        postgres.start()
        try:
            asyncio.run(migrate(postgres.dsn))
            command = postgres.command("pg_dump", "--schema-only", "--no-owner", "--no-privileges")
            dump = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        finally:
            postgres.stop()
    kept = [line for line in dump.splitlines() if not re.match(r"--|SET |SELECT pg_catalog|\\|$", line)]
    return "-- Made by `make generate` from src/kinetoscope/migrations.\n" + "\n".join(kept) + "\n"


def settings_page() -> str:
    """Return the page that lists every setting."""
    rows: list[str] = []
    for name, field in Settings.model_fields.items():
        default = field.default
        if isinstance(default, tuple):
            default = ",".join(str(part) for part in default)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        shown = "" if default in {None, ""} else f"`{default}`"
        rows.append(f"| `{PREFIX}{name.upper()}` | {shown} | {field.description} |")
    return _SETTINGS_PAGE + "\n".join(rows) + "\n"


GENERATED: dict[str, Callable[[], str]] = {
    "openapi.json": openapi,
    "schema.sql": schema,
    "docs/settings.md": settings_page,
}


if __name__ == "__main__":
    for name, make in GENERATED.items():
        path = ROOT / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(make(), encoding="utf-8")
