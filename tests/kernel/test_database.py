"""The pool and its transactions: what is acknowledged is committed, and a lost server is a refusal."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import anyio
import asyncpg
import pytest

from kinetoscope.kernel import db as module
from kinetoscope.kernel.db import Database, Tx, commit_witness
from kinetoscope.kernel.errors import DatabaseUnavailable
from support.external_postgres import ExternalPostgres


@pytest.fixture
async def notes(server: ExternalPostgres) -> AsyncGenerator[Database]:
    """One connection to a server that may be stopped, and an empty table there."""
    async with opened(server.dsn) as db:
        async with db.read() as tx:
            await tx.execute("CREATE TABLE IF NOT EXISTS notes (n integer)")
            await tx.execute("DELETE FROM notes")
        yield db


@asynccontextmanager
async def opened(dsn: str) -> AsyncGenerator[Database]:
    db = Database(dsn, pool_size=1)
    await db.open()
    yield db
    await db.close()


async def write(tx: Tx, n: int) -> None:
    await tx.execute("INSERT INTO notes VALUES ($1)", n)


async def noted(db: Database) -> list[int]:
    async with db.read() as tx:
        return [row["n"] for row in await tx.fetch("SELECT n FROM notes ORDER BY n")]


async def test_a_transaction_is_committed_before_its_block_is_left(
    notes: Database, server: ExternalPostgres
) -> None:
    async with opened(server.dsn) as other:
        async with notes.transaction() as tx:
            await write(tx, 1)
            assert await noted(other) == []
        assert await noted(other) == [1]


async def test_an_exception_rolls_back_and_comes_through(notes: Database) -> None:
    with suppress(ZeroDivisionError):
        async with notes.transaction() as tx:
            await write(tx, 1)
            raise ZeroDivisionError
    assert await noted(notes) == []


async def test_a_block_inside_a_transaction_can_fail_alone(notes: Database) -> None:
    async with notes.transaction() as tx:
        await write(tx, 1)
        with suppress(asyncpg.NumericValueOutOfRangeError):
            async with tx.begin():
                await write(tx, 2)
                await tx.execute("INSERT INTO notes VALUES (3000000000)")
        await write(tx, 3)
    assert await noted(notes) == [1, 3]


@pytest.mark.parametrize("statement", ["SELECT pg_sleep(60)", "SELECT 1"])
async def test_a_cancelled_transaction_leaves_nothing_open(notes: Database, statement: str) -> None:
    # anyio's scopes cancel at every await, so at the ROLLBACK as well.
    with anyio.CancelScope() as scope:
        async with notes.transaction() as tx:
            await write(tx, 1)
            asyncio.get_running_loop().call_later(0.05, scope.cancel)
            while True:
                await tx._connection.fetchval(statement)  # pyright: ignore[reportPrivateUsage] - both kinds
    async with notes.read() as tx:
        await write(tx, 2)
    async with notes.transaction() as tx:
        await write(tx, 3)
    assert await noted(notes) == [2, 3]


async def test_the_witness_of_a_context_is_in_the_same_commit(notes: Database) -> None:
    async def witness(tx: Tx) -> None:
        await write(tx, 100)
        if len(await tx.fetch("SELECT FROM notes")) > 3:
            raise ZeroDivisionError

    token = commit_witness.set(witness)
    async with notes.transaction() as tx:
        await write(tx, 1)
    assert await noted(notes) == [1, 100]
    with suppress(ZeroDivisionError):
        async with notes.transaction() as tx:
            await write(tx, 2)
    commit_witness.reset(token)
    async with notes.transaction() as tx:
        await write(tx, 3)
    assert await noted(notes) == [1, 3, 100]


async def test_a_wrong_call_is_a_bug_and_no_outage(notes: Database) -> None:
    with pytest.raises(asyncpg.DataError):
        await _in_a_transaction(notes, "text")
    with pytest.raises(asyncpg.InterfaceError, match="expects 1 argument"):
        await _in_a_transaction(notes, 1, 2)
    await _in_a_transaction(notes, 3)
    assert await noted(notes) == [3]


async def test_a_missing_file_is_no_outage(notes: Database, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        async with notes.transaction():
            (tmp_path / "nothing").read_bytes()


async def test_a_connection_that_is_cut_in_the_middle_is_an_outage_and_nothing_is_committed(
    notes: Database, server: ExternalPostgres
) -> None:
    async with opened(server.dsn) as other:
        with pytest.raises(DatabaseUnavailable) as refusal:
            await _cut_off(notes, other)
        assert refusal.value.headers == {"Retry-After": "2"}
        assert await noted(other) == []
        await _in_a_transaction(notes, 2)
        assert await noted(other) == [2]


async def test_a_killed_backend_is_an_outage_of_moments(notes: Database) -> None:
    with pytest.raises(DatabaseUnavailable):
        await _kill_its_backend(notes)
    assert await noted(notes) == []


async def test_a_restart_of_the_server_is_waited_for(notes: Database, server: ExternalPostgres) -> None:
    await _in_a_transaction(notes, 1)
    await asyncio.to_thread(server.stop)
    waiting = asyncio.create_task(noted(notes))
    await asyncio.to_thread(server.start)
    assert await waiting == [1]
    await asyncio.to_thread(server.stop)
    await asyncio.to_thread(server.start)
    await _in_a_transaction(notes, 2)  # over a connection that was idle when its server went
    assert await noted(notes) == [1, 2]


async def test_a_server_that_stays_away_is_refused_in_the_end(
    notes: Database, server: ExternalPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RECONNECT_SECONDS", 0.2)
    await asyncio.to_thread(server.stop)
    try:
        with pytest.raises(DatabaseUnavailable):
            await noted(notes)
    finally:
        await asyncio.to_thread(server.start)
    assert await noted(notes) == []


async def test_more_requests_than_connections_wait_for_each_other(notes: Database) -> None:
    await asyncio.gather(*(_in_a_transaction(notes, n) for n in range(20)))
    assert await noted(notes) == list(range(20))


async def test_statements_say_what_they_touched(notes: Database) -> None:
    async with notes.read() as tx:
        await tx.execute_many("INSERT INTO notes VALUES ($1)", [(n,) for n in range(5)])
        assert await tx.execute("UPDATE notes SET n = n + 1 WHERE n > 2") == 2
        assert await tx.execute("ANALYZE notes") == 0
        assert await tx.fetch_one("SELECT FROM notes WHERE n = 99") is None
        assert await tx.fetch_value("SELECT $1::jsonb", {"a": [1, None, "ü"]}) == {"a": [1, None, "ü"]}


async def _in_a_transaction(db: Database, *values: object) -> None:
    async with db.transaction() as tx:
        await tx.execute("INSERT INTO notes VALUES ($1)", *values)


async def _kill_its_backend(db: Database) -> None:
    async with db.transaction() as tx:
        await write(tx, 1)
        pid: int = await tx.fetch_value("SELECT pg_backend_pid()")
        os.kill(pid, signal.SIGKILL)
        await tx.fetch("SELECT pg_sleep(60)")


async def _cut_off(db: Database, by: Database) -> None:
    async with db.transaction() as tx:
        await write(tx, 1)
        pid = await tx.fetch_value("SELECT pg_backend_pid()")
        async with by.read() as other:
            await other.execute("SELECT pg_terminate_backend($1, 5000)", pid)
