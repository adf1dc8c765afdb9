"""The directory of the server's unix socket. Who may enter it may use the database."""

import hashlib
import os
import re
import socket
import struct
import tempfile
from pathlib import Path

from .errors import PostgresUnavailable
from .privileges import Identity

PORT = 5432  # only a part of the socket's name: nothing listens on a network
LONGEST_ADDRESS_BYTES = 103  # sun_path of unix(7) and of macOS, less the closing zero
SSL_REQUEST = struct.pack("!ii", 8, 80877103)  # its length, and the code 1234.5679
# A comma separates several directories, in PostgreSQL's setting and in every client's `host=`.
PLAIN = re.compile(r"[\w./@+ -]+", re.ASCII)
FALLBACK_PARENT = "/tmp"  # noqa: S108 - only a 0700 directory of our own is used below it


def socket_directory(state: Path) -> Path:
    """Return where the socket of the server in `state` belongs: inside, or a short place."""
    inside = state / "run"
    if _fits(inside):
        return inside
    # Made from the location alone, so that everybody who knows the data directory finds it.
    name = "kinetoscope-" + hashlib.sha256(os.fsencode(state)).hexdigest()[:16]
    preferred = Path(tempfile.gettempdir()) / name
    return preferred if _fits(preferred) else Path(FALLBACK_PARENT) / name


def claim_socket_directory(directory: Path, identity: Identity) -> None:
    """Make the directory, open to the server's user alone; refuse one that somebody else made."""
    try:
        directory.mkdir(mode=0o700)
    except FileExistsError:
        pass
    else:
        os.chown(directory, identity.uid, identity.gid)
    found = directory.lstat()
    # lstat, and this order: whoever plants a link or a directory in a shared place is not followed.
    if directory.is_symlink() or not directory.is_dir() or found.st_uid != identity.uid:
        raise PostgresUnavailable(
            f"{directory} should be the directory of PostgreSQL's socket, but another user made "
            "it. Remove it, set TMPDIR to a directory of your own, or choose a data directory "
            "with a shorter path."
        )
    directory.chmod(0o700)


def is_answered(directory: Path) -> bool:
    """Tell whether a living server answers in this directory, within a second.

    A server that was just killed still has its pid and its socket for a moment. Its answer needs a
    new back end: that to an SSLRequest is one byte (PostgreSQL's protocol, "SSL Session
    Encryption"), and costs no connection of those that are allowed.
    """
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1)
        try:
            client.connect(str(directory / f".s.PGSQL.{PORT}"))
            client.sendall(SSL_REQUEST)
            return client.recv(1) in {b"N", b"S"}
        except OSError:
            return False


def _fits(directory: Path) -> bool:
    address = os.fsencode(directory / f".s.PGSQL.{PORT}")
    return len(address) <= LONGEST_ADDRESS_BYTES and PLAIN.fullmatch(str(directory)) is not None
