"""PostgreSQL's client programs, pointed at the database of the settings."""

import os
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit, urlunsplit

from ..kernel.embedded_postgres.binaries import require_binaries
from ..kernel.settings import Settings
from .reaching import embedded


def client_command(settings: Settings, tool: str, *arguments: str) -> tuple[list[str], Mapping[str, str]]:
    """Return the command that runs a client program on the database, and the environment for it.

    The password travels in the environment: a command line is readable by everyone on the machine.
    """
    if settings.database_url is None:
        return embedded(settings).command(tool, *arguments), os.environ
    url, password = without_password(settings.database_url.get_secret_value())
    program = require_binaries(settings.pg_bin_dir).program(tool)
    environment = {**os.environ, "PGPASSWORD": password} if password else os.environ
    return [program, f"--dbname={url}", *arguments], environment


def without_password(url: str) -> tuple[str, str]:
    """Return a database URL without its password, and the password (empty if there is none)."""
    parts = urlsplit(url)
    credentials, at, place = parts.netloc.rpartition("@")
    user, _, password = credentials.partition(":")
    return urlunsplit(parts._replace(netloc=f"{user}{at}{place}")), unquote(password)
