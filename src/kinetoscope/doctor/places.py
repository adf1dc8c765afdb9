"""Where Kinetoscope keeps things, and where it listens."""

import os
import shutil
from pathlib import Path

from ..kernel.embedded_postgres.sockets import socket_directory
from ..kernel.settings import Settings
from ..supervisor import CannotListen, listen, serving_pid
from .findings import Finding, broken, ok, warning
from .machine import nearest

LITTLE_SPACE_BYTES = 5 << 30
NO_SPACE_BYTES = 500 << 20


def look_at_data_dir(data_dir: Path) -> Finding:
    """Look at whether the data directory can be written to."""
    place = nearest(data_dir)
    if not os.access(place, os.W_OK | os.X_OK):
        return broken(
            "Data",
            f"{place} cannot be written to",
            "Run as the user that owns it, or choose another: --data-dir DIR",
        )
    return ok("Data", f"{data_dir}{'' if data_dir.is_dir() else ' (made at the first start)'}")


def look_at_space(data_dir: Path) -> Finding:
    """Look at how much room there is for videos."""
    free = shutil.disk_usage(nearest(data_dir)).free
    text = f"{free / 1e9:.1f} GB free"
    if free < NO_SPACE_BYTES:
        return broken("Disk", text, f"Make room where {data_dir} is.")
    if free < LITTLE_SPACE_BYTES:
        return warning("Disk", text, f"Make room where {data_dir} is, before videos fill it.")
    return ok("Disk", text)


def look_at_socket(data_dir: Path) -> Finding:
    """Look at where PostgreSQL's socket goes: its path may be 103 bytes long at most."""
    directory = socket_directory(data_dir / "postgres")
    why = "" if directory.is_relative_to(data_dir) else ", since the data directory's path is too long"
    return ok("Socket", f"in {directory}{why}")


def look_at_port(settings: Settings) -> Finding:
    """Look at whether the address is free, or is used by ourselves."""
    place = f"{settings.host}:{settings.port}"
    pid = serving_pid(settings.data_dir.expanduser())
    try:
        listen(settings.host, settings.port).close()
    except CannotListen as refusal:
        if pid is not None:
            return ok("Address", f"{place}, in use by Kinetoscope itself (pid {pid})")
        return broken("Address", f"{place} cannot be listened on", str(refusal))
    return ok("Address", f"{place} is free")
