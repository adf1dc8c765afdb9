"""The database: one pool of connections, and transactions that a use case opens by name."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from typing import Any, LiteralString

import asyncpg
import msgspec
from asyncpg import Record
from asyncpg.transaction import Transaction

from .errors import DatabaseUnavailable
from .pool import Connection, ConnectionPool

__all__ = ["Database", "Record", "Tx", "commit_witness"]

RECONNECT_SECONDS = 8.0
"""How long a request waits for a server that is restarting, before it is refused."""

_RECONNECT_STEP_SECONDS = 0.1

LOST = (
    OSError,
    asyncpg.InterfaceError,
    # Neither a PostgresError nor an OSError: raised when the server dies in mid-query.
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
)
"""What asyncpg raises when the server is away, going away, or coming back."""


class Tx:
    """An open transaction (or, from `Database.read`, one connection outside of any).

    A function that takes one talks to the database; no other function does. SQL is a `LiteralString`:
    the type checker rejects SQL that was built from values.
    """

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def begin(self) -> Transaction:
        """Return a transaction block; inside another one, a savepoint."""
        return self._connection.transaction()

    async def fetch(self, query: LiteralString, *values: object) -> list[Record]:
        """Return all rows of a query."""
        return await self._connection.fetch(query, *values)

    async def fetch_one(self, query: LiteralString, *values: object) -> Record | None:
        """Return the first row of a query, or None."""
        return await self._connection.fetchrow(query, *values)

    async def fetch_value(self, query: LiteralString, *values: object) -> Any:  # noqa: ANN401 - a column's type is the query's
        """Return the first column of the first row of a query, or None."""
        return await self._connection.fetchval(query, *values)

    async def execute(self, query: LiteralString, *values: object) -> int:
        """Run a statement and return how many rows it touched."""
        tag: str = await self._connection.execute(query, *values)
        count = tag.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    async def copy(
        self, table: LiteralString, columns: Sequence[str], rows: Iterable[tuple[object, ...]]
    ) -> None:
        """Write rows by binary COPY, the quickest way in; a duplicate key fails all of them."""
        await self._connection.copy_records_to_table(table, records=rows, columns=columns)

    async def execute_many(self, query: LiteralString, rows: Iterable[Sequence[object]]) -> None:
        """Run a statement once for each row of values, in one round trip."""
        await self._connection.executemany(query, rows)


CommitWitness = Callable[[Tx], Awaitable[None]]

commit_witness: ContextVar[CommitWitness | None] = ContextVar("commit_witness", default=None)
"""Called in every transaction of this context just before it commits.

So a request with an Idempotency-Key leaves its mark in the same commit as its effect.
"""


async def _prepare_connection(connection: Connection) -> None:
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: msgspec.json.encode(value).decode(),
        decoder=msgspec.json.decode,
    )


class Database:
    """PostgreSQL, through a pool of connections; a statement that takes longer than it may is given up."""

    def __init__(self, dsn: str, *, pool_size: int = 10, statement_seconds: float | None = 60) -> None:
        self._dsn = dsn
        self._statement_seconds = statement_seconds
        self._pool_size = pool_size
        self._pool: ConnectionPool | None = None

    async def open(self) -> None:
        """Make the pool; connections are opened when they are first needed."""
        self._pool = ConnectionPool(self.connect, size=self._pool_size)

    async def close(self) -> None:
        """Give every connection back to the server."""
        if self._pool is not None:
            with suppress(TimeoutError, *LOST):
                await self._pool.close()

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[Tx]:
        """Give one connection outside of a transaction, for a use case that is one statement."""
        connection = await self._acquire()
        assert self._pool is not None
        try:
            yield Tx(connection)
        except asyncio.CancelledError:
            connection.terminate()  # its statement may still be running
            raise
        except LOST as error:
            if _is_bug(error, connection):
                raise
            connection.terminate()
            raise DatabaseUnavailable from error
        finally:
            self._pool.give_back(connection)

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Tx]:
        """Commit when the block ends, roll back when it raises."""
        witness = commit_witness.get()
        async with self.read() as tx, tx.begin():
            yield tx
            if witness is not None:
                await witness(tx)

    async def connect(self) -> Connection:
        """Return a connection outside of the pool: to listen on, or to hold locks. Raises one of `LOST`."""
        connection: Connection = await asyncpg.connect(
            self._dsn,
            server_settings={"application_name": "kinetoscope", "timezone": "UTC"},
            command_timeout=self._statement_seconds,
        )
        await _prepare_connection(connection)
        return connection

    async def _acquire(self) -> Connection:
        """Return a connection; wait some seconds for a server that is just restarting, then refuse."""
        assert self._pool is not None, "open() comes first"
        deadline = time.monotonic() + RECONNECT_SECONDS
        while True:
            try:
                return await self._pool.take()
            except LOST as error:
                if time.monotonic() > deadline or self._pool.is_closed:
                    raise DatabaseUnavailable from error
                await asyncio.sleep(_RECONNECT_STEP_SECONDS)


def _is_bug(error: Exception, connection: Connection) -> bool:
    """Whether an error that looks like a lost server is the program's own.

    asyncpg's InterfaceError also stands for calls that make no sense, and an OSError may come from a file:
    when either leaves the connection whole, the server is not to blame.
    """
    if isinstance(error, TimeoutError) or not isinstance(error, (asyncpg.InterfaceError, OSError)):
        return False
    return not connection.is_closed()
