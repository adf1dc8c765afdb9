"""The claim on a data directory: one `serve` at a time, and a note of what a killed one left running.

The lock is flock(2), which the kernel drops with its holder, however that one dies. The note inside is
emptied by an orderly end, so what the next one reads there is from one that was killed.
"""

import fcntl
import json
import os
import time
from pathlib import Path

_NAME = "serve.lock"
_PATIENCE_SECONDS = 1.0
_STEP_SECONDS = 0.02


class DataDirTaken(Exception):  # noqa: N818 - named by what it means, as all refusals are
    """Another `serve` works on the data directory; the message says which."""


class Claim:
    """A held claim. `left_postgres` tells that a killed holder's PostgreSQL is ours to stop now."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.left_postgres = bool(_read(descriptor).get("stops_postgres"))

    def note(self, *, stops_postgres: bool) -> None:
        """Write down who holds the claim, and whether its PostgreSQL is to be stopped with it."""
        self._write(json.dumps({"pid": os.getpid(), "stops_postgres": stops_postgres}).encode())

    def release(self) -> None:
        """Give the claim up after everything was stopped in order."""
        self._write(b"")
        os.close(self._descriptor)

    def _write(self, content: bytes) -> None:
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, content, 0)


def claim_data_dir(data_dir: Path) -> Claim:
    """Return the claim on a data directory, which is made if it is missing; refuses with `DataDirTaken`."""
    data_dir.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(data_dir / _NAME, os.O_RDWR | os.O_CREAT, 0o600)
    # Somebody who only looks, or one that is just ending, holds it for a moment.
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not _locks(descriptor, fcntl.LOCK_EX):
        if time.monotonic() > deadline:
            pid = _read(descriptor).get("pid")
            os.close(descriptor)
            raise DataDirTaken(
                f"Kinetoscope already serves {data_dir.resolve()} (pid {pid}). Use that one, stop it "
                f"(kill {pid}), or give this one a data directory of its own: --data-dir DIR"
            )
        time.sleep(_STEP_SECONDS)
    claim = Claim(descriptor)
    claim.note(stops_postgres=claim.left_postgres)
    return claim


def serving_pid(data_dir: Path) -> int | None:
    """Return the pid of the `serve` that holds a data directory, or None."""
    try:
        descriptor = os.open(data_dir / _NAME, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        if _locks(descriptor, fcntl.LOCK_SH):
            return None
        pid = _read(descriptor).get("pid")
        return int(pid) if pid else None
    finally:
        os.close(descriptor)


def _locks(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(descriptor: int) -> dict[str, int]:
    content = os.pread(descriptor, 1024, 0)
    try:
        return json.loads(content) if content else {}
    except ValueError:  # caught between the truncation and the write of another process
        return {}
