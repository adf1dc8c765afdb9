"""What the machine and the installation bring along."""

import os
import platform
import pwd
import resource
import sys
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path

from av.codec import codecs_available
from av.codec.codec import Codec, UnknownCodecError

from ..kernel.embedded_postgres import PostgresUnavailable
from ..kernel.embedded_postgres.binaries import Binaries, require_binaries
from ..kernel.embedded_postgres.privileges import Identity, server_identity
from ..kernel.settings import PREFIX, Settings
from .findings import Finding, broken, ok, warning

OLDEST_PYTHON = (3, 11)
FEW_DESCRIPTORS = 4096
ENCODERS: Mapping[str, str] = {"H.264": "libx264", "AAC": "aac"}
_WRITTEN = datetime(2025, 1, 1, tzinfo=UTC)


def look_at_python() -> Finding:
    """Look at the interpreter."""
    text = f"{platform.python_implementation()} {platform.python_version()} in {sys.prefix}"
    if sys.version_info < OLDEST_PYTHON:
        return broken("Python", text, "Install Python 3.11 or newer, and Kinetoscope with it.")
    return ok("Python", text)


def look_at_variables(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Look for variables that look like settings and are none: mistyped ones change nothing, silently."""
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    for name in sorted(environment):
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            near = get_close_matches(name.upper(), known, n=1)
            fix = f"Did you mean {near[0]}?" if near else "See all of them: kinetoscope settings"
            yield warning("Settings", f"{name} is set, but there is no such setting", fix)


def look_at_postgres(settings: Settings) -> Iterator[Finding]:
    """Look for PostgreSQL's programs, and for a user that can run them."""
    try:
        binaries = require_binaries(settings.pg_bin_dir)
    except PostgresUnavailable as refusal:
        if settings.database_url is not None:
            yield warning("PostgreSQL", "no programs here, which `kinetoscope db` needs", str(refusal))
        else:
            yield broken("PostgreSQL", "no programs here", str(refusal))
        return
    yield ok("PostgreSQL", f"version {binaries.major} in {binaries.directory}")
    if settings.database_url is None:
        yield _look_at_user(settings.data_dir.expanduser().resolve(), binaries)


def look_at_encoders() -> Finding:
    """Look for the encoders that make videos playable."""
    missing = [name for name, encoder in ENCODERS.items() if not _encodes(encoder)]
    if missing:
        return broken(
            "Encoders",
            f"no {' and no '.join(missing)}: videos cannot be made playable",
            "Install PyAV from its wheel: pip install --force-reinstall --only-binary av av",
        )
    return ok("Encoders", " and ".join(f"{name} ({encoder})" for name, encoder in ENCODERS.items()))


def look_at_descriptors() -> Finding:
    """Look at how many connections the machine lets a process hold."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < FEW_DESCRIPTORS:
        return warning(
            "Connections",
            f"a process may hold only {hard} files and connections",
            "Raise the limit: ulimit -Hn 65536, or LimitNOFILE=65536 in the systemd unit.",
        )
    return ok("Connections", "as many as needed" if hard == resource.RLIM_INFINITY else f"up to {hard}")


def look_at_clock(now: datetime) -> Finding:
    """Look at whether the clock is set at all."""
    text = f"{now:%Y-%m-%d %H:%M} UTC"
    if now < _WRITTEN:
        return broken("Clock", f"{text}, which is in the past", "Set the clock: timedatectl set-ntp true")
    return ok("Clock", text)


def _encodes(name: str) -> bool:
    if name not in codecs_available:
        return False
    try:
        return Codec(name, "w").is_encoder
    except UnknownCodecError:
        return False


def _look_at_user(data_dir: Path, binaries: Binaries) -> Finding:
    try:
        # Tried where the data is or will be: who can run it depends on who may go there.
        with tempfile.TemporaryDirectory(prefix=".kinetoscope-doctor-", dir=nearest(data_dir)) as trial:
            state = Path(trial) / "postgres"
            state.mkdir()
            identity = server_identity(binaries.program("postgres"), state)
    except PostgresUnavailable as refusal:
        return broken("User", "PostgreSQL cannot be started by this user", str(refusal))
    except OSError as error:
        return broken("User", f"{data_dir} cannot be used: {error.strerror}", f"Make {data_dir} yours.")
    return ok("User", f"{_name(os.geteuid())} can start PostgreSQL{_how(identity)}")


def nearest(path: Path) -> Path:
    """Return a path, or the nearest directory above it that exists."""
    return path if path.is_dir() else nearest(path.parent)


def _how(identity: Identity) -> str:
    if not identity.prefix:
        return ""
    if identity.prefix[0] == "unshare":
        return ", in a user namespace"
    return f", which then runs as {_name(identity.uid)}"


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
