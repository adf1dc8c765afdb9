"""One change of a connection at a time, over all processes.

Inside a process an asyncio lock queues the changes in the order in which they came; between processes an
advisory lock of PostgreSQL does, which dies with the process that holds it. All advisory locks of a process
live on one connection of their own: while a media server takes its time, no connection of the pool waits.
"""

import asyncio
import hashlib
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import LiteralString
from uuid import UUID
from weakref import WeakValueDictionary

from ..kernel.db import LOST, Database
from ..kernel.errors import DatabaseUnavailable
from ..kernel.pool import Connection
from .refusals import AnswerPending

_STEP_SECONDS = 0.02
_LONGEST_WAIT_SECONDS = 30.0


class Turns:
    """Lets one change of each connection happen at a time."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._queues: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()
        self._connection: Connection | None = None
        self._in_use = asyncio.Lock()

    async def open(self) -> None:
        """Do nothing yet: the connection is made when it is first needed."""

    async def close(self) -> None:
        """Give the connection back, and with it every lock."""
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    @asynccontextmanager
    async def of(self, participant_id: UUID) -> AsyncGenerator[None]:
        """Wait for the turn of a participant, and hold it for the block."""
        queue = self._queues.setdefault(participant_id, asyncio.Lock())
        key = _key(participant_id)
        async with queue:
            await self._take(key)
            try:
                yield
            finally:
                # Also when the request was cancelled: another process would wait for ever.
                await asyncio.shield(self._release(key))

    async def _take(self, key: int) -> None:
        deadline = time.monotonic() + _LONGEST_WAIT_SECONDS
        while not await self._ask("SELECT pg_try_advisory_lock($1)", key):
            if time.monotonic() > deadline:
                raise AnswerPending
            await asyncio.sleep(_STEP_SECONDS)

    async def _release(self, key: int) -> None:
        connection = self._connection
        if connection is None or connection.is_closed():
            return  # the locks went with it
        try:
            await self._ask("SELECT pg_advisory_unlock($1)", key)
        except DatabaseUnavailable:
            return

    async def _ask(self, query: LiteralString, key: int) -> bool:
        async with self._in_use:
            try:
                if self._connection is None or self._connection.is_closed():
                    self._connection = await self._db.connect()
                return bool(await self._connection.fetchval(query, key))
            except LOST as error:
                await self.close()
                raise DatabaseUnavailable from error
            except asyncio.CancelledError:
                await self.close()  # its statement may still be running
                raise


def _key(participant_id: UUID) -> int:
    digest = hashlib.blake2b(participant_id.bytes, digest_size=8, person=b"turn").digest()
    return int.from_bytes(digest, signed=True)
