"""File locks (flock(2)): the kernel drops them with their last holder, however that one dies."""

import fcntl
import os
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from .errors import PostgresUnavailable

POLL_SECONDS = 0.01


@contextmanager
def exclusive_lock(path: Path, deadline: float, *, refusal: Callable[[], str]) -> Generator[int, None, None]:
    """Yield the lock file's descriptor once nobody else holds the lock.

    A child that inherits the descriptor holds the lock on, also when this process is gone.
    Refuses with `refusal` when the monotonic clock passes `deadline`.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        while not _takes(descriptor):
            if time.monotonic() > deadline:
                raise PostgresUnavailable(refusal())
            time.sleep(POLL_SECONDS)
        yield descriptor
    finally:
        os.close(descriptor)


def _takes(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
