"""A bounded stack of connections to PostgreSQL.

asyncpg's own pool costs 120 µs a use (a task to release, timers, a proxy); this one costs 5, and every
request pays it (`benchmarks/http.py`). The connection given back last is lent first, so few stay warm.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeAlias

import asyncpg

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Connect = Callable[[], Coroutine[Any, Any, Connection]]

_IDLE_SECONDS = 300.0


class ConnectionPool:
    """Lends connections, at most `size` at a time; makes them with `connect` when there is none."""

    def __init__(self, connect: Connect, *, size: int) -> None:
        self._connect = connect
        self._size = size
        self._places = asyncio.Semaphore(size)
        self._idle: list[tuple[Connection, float]] = []
        self._lent: set[Connection] = set()
        self.is_closed = False

    async def take(self) -> Connection:
        """Return a connection that is alive as far as is known; waits for a place."""
        await self._places.acquire()
        try:
            connection = self._pop() or await self._connect()
        except BaseException:
            self._places.release()
            raise
        self._lent.add(connection)
        return connection

    def give_back(self, connection: Connection) -> None:
        """Take a connection back; one that is broken, or still in a transaction, is dropped."""
        self._lent.discard(connection)
        self._places.release()
        if connection.is_closed():
            return
        if self.is_closed or connection.is_in_transaction():
            connection.terminate()
            return
        now = time.monotonic()
        if self._idle and now - self._idle[0][1] > _IDLE_SECONDS:
            self._idle.pop(0)[0].terminate()
        self._idle.append((connection, now))

    async def close(self, *, seconds: float = 5.0) -> None:
        """Close what is idle, wait so long for what is lent, and end the rest."""
        self.is_closed = True
        deadline = time.monotonic() + seconds
        while self._idle:
            await self._idle.pop()[0].close(timeout=max(0.1, deadline - time.monotonic()))
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, deadline - time.monotonic())):
                await self._all_back()
        for connection in self._lent:
            connection.terminate()

    async def _all_back(self) -> None:
        """Wait until nothing is lent: until every place is free."""
        for _ in range(self._size):
            await self._places.acquire()

    def _pop(self) -> "Connection | None":
        while self._idle:
            connection, _ = self._idle.pop()
            if not connection.is_closed():
                return connection
        return None
