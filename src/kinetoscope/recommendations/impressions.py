"""Impressions: written in batches beside the requests, on the disk within a second."""

import asyncio
import logging
from contextlib import suppress
from contextvars import Context

from ..kernel.db import Database, Tx
from ..kernel.errors import DatabaseUnavailable
from . import click_store
from .models import Slate

log = logging.getLogger(__name__)

_GATHER_SECONDS = 0.2
_MOST_WAITING = 20_000
"""While the database is away, older impressions than these are dropped: no answer waits for them."""

_AT_ONCE = 500


class Impressions:
    """Takes slates from answers and writes them soon."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._waiting: list[Slate] = []
        self._task: asyncio.Task[None] | None = None
        self._writing = asyncio.Lock()

    async def open(self) -> None:
        """Need nothing."""

    async def close(self) -> None:
        """Write what waits."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        with suppress(DatabaseUnavailable):
            await self.flush()

    def note(self, slate: Slate) -> None:
        """Remember a slate that is about to be shown; returns at once."""
        self._waiting.append(slate)
        del self._waiting[:-_MOST_WAITING]
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._work(), context=Context())

    async def flush(self) -> None:
        """Return when everything that was noted before is on the disk."""
        async with self._writing:
            while self._waiting:
                batch, self._waiting = self._waiting[:_AT_ONCE], self._waiting[_AT_ONCE:]
                try:
                    async with self._db.transaction() as tx:
                        await _write(tx, batch)
                except DatabaseUnavailable:
                    self._waiting = [*batch, *self._waiting]
                    raise

    async def _work(self) -> None:
        while self._waiting:
            await asyncio.sleep(_GATHER_SECONDS)
            try:
                await asyncio.shield(asyncio.ensure_future(self.flush()))
            except DatabaseUnavailable:
                log.warning("impressions wait: the database is away")


async def _write(tx: Tx, batch: list[Slate]) -> None:
    alive = await click_store.hold_videos(tx, sorted({slate.video_id for slate in batch}))
    slates = [slate for slate in batch if slate.video_id in alive]
    learning = await click_store.may_learn(tx, slates)
    await click_store.save_slates(tx, slates, learning)
    if learning:
        await click_store.add_examinations(tx, sorted(learning))
        await click_store.count_exchanges(tx, sorted(learning))
