"""Room on the local disk for work in progress; what a killed process leaves there is found and removed."""

import fcntl
import os
import secrets
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


class Scratch:
    """A folder of rooms. Each is locked by the process that uses it, so a lock that is free marks it dead."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def room(self, name: str) -> Generator[Path]:
        """Give an empty folder that is removed at the end, whatever happens."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path, lock = self._locked_room(name)
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)
            os.close(lock)

    def clear(self) -> int:
        """Remove the rooms of processes that are gone; return how many."""
        if not self._folder.is_dir():
            return 0
        return sum(_remove_if_dead(path) for path in self._folder.iterdir() if path.is_dir())

    def _locked_room(self, name: str) -> tuple[Path, int]:
        while True:
            path = self._folder / f"{name}-{secrets.token_hex(4)}"
            path.mkdir(mode=0o700)
            lock = _lock(path)
            # `clear` may have come between the two lines above and removed it.
            if lock is not None:
                if path.is_dir():
                    return path, lock
                os.close(lock)


def _lock(path: Path) -> int | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _remove_if_dead(path: Path) -> bool:
    lock = _lock(path)
    if lock is None:
        return False
    try:
        shutil.rmtree(path, ignore_errors=True)
    finally:
        os.close(lock)
    return True
