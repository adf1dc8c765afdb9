"""Keeps the embedded PostgreSQL alive. Its start may take a while after a crash, so it has a thread."""

import logging
import time
from collections.abc import Callable

from ..kernel.embedded_postgres import EmbeddedPostgres
from .background import Background

log = logging.getLogger("kinetoscope.supervisor")

LOOK_SECONDS = 0.3
_RETRY_SECONDS = 2.0


class PostgresKeeper:
    """Starts the server, and again whenever it is gone. `wake` is called when a start has ended."""

    def __init__(self, postgres: EmbeddedPostgres, wake: Callable[[], None]) -> None:
        self._postgres = postgres
        self.starting = Background("postgres", self._start, wake)
        self._look_again_at = 0.0

    def is_running(self) -> bool:
        """Whether there is a live server, whoever started it."""
        return self._postgres.running_pid() is not None

    def look(self) -> None:
        """Start the server again if it is gone. Cheap enough to be called at every turn."""
        if self.starting.is_running or time.monotonic() < self._look_again_at:
            return
        self._look_again_at = time.monotonic() + LOOK_SECONDS
        if self.is_running():
            return
        if self.starting.error is not None:
            log.error("PostgreSQL cannot be started", extra={"error": str(self.starting.error)})
            self._look_again_at += _RETRY_SECONDS
        log.warning("PostgreSQL is gone; starting it again")
        self.starting.start()

    def stop(self) -> None:
        """Stop the server in order."""
        self._postgres.stop()

    def _start(self) -> None:
        how = self._postgres.start()
        log.info("PostgreSQL runs", extra={"pid": self._postgres.running_pid(), "how": how})
