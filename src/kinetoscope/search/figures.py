"""How often is searched, and how often nothing is found. No query is kept, and nothing of who asked."""

import asyncio
import logging
from contextlib import suppress
from uuid import UUID

from ..kernel.clock import Clock
from ..kernel.db import Database
from ..kernel.errors import DatabaseUnavailable
from . import state_store
from .models import Mode

log = logging.getLogger(__name__)

_FLUSH_SECONDS = 5.0


class Figures:
    """Counts in memory and writes every five seconds: a search does not wait for it."""

    def __init__(self, db: Database, *, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._counts: dict[tuple[UUID, Mode], tuple[int, int]] = {}
        self._task: asyncio.Task[None] | None = None

    def note(self, project_id: UUID, mode: Mode, *, is_empty: bool) -> None:
        """Count one search; with vectors or without, that is all that is told apart."""
        kind: Mode = "text" if mode == "text" else "hybrid"
        searches, empty = self._counts.get((project_id, kind), (0, 0))
        self._counts[project_id, kind] = (searches + 1, empty + is_empty)

    async def flush(self) -> None:
        """Write what has been counted."""
        if not self._counts:
            return
        counts, self._counts = self._counts, {}
        async with self._db.transaction() as tx:
            await state_store.add_figures(tx, self._clock().date(), counts)

    async def open(self) -> None:
        """Begin to write."""
        self._task = asyncio.create_task(self._write())

    async def close(self) -> None:
        """Write the rest."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self._try()

    async def _write(self) -> None:
        while True:
            await asyncio.sleep(_FLUSH_SECONDS)
            await self._try()

    async def _try(self) -> None:
        try:
            await self.flush()
        except DatabaseUnavailable:
            log.warning("figures of search are lost: the database is away")
