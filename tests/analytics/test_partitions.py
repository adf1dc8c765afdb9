"""Partitions of sittings are made beside views that are being written."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import pytest
from asyncpg import DeadlockDetectedError

from kinetoscope.analytics import Keeping
from kinetoscope.kernel.db import Database, Tx

FAR = datetime(2031, 1, 9, tzinfo=UTC)
NAMES = ("sittings_203101", "sittings_203102", "sittings_203103")


@pytest.fixture
async def keeping(db: Database, tx: Tx) -> AsyncGenerator[Keeping]:
    """Tend the partitions of a time that nobody else uses, and drop none."""
    await _drop(tx)
    yield Keeping(db, clock=lambda: FAR, months=2030 * 12)
    await _drop(tx)


async def test_a_maker_of_partitions_that_loses_a_deadlock_tries_again_at_once(
    db: Database, tx: Tx, keeping: Keeping
) -> None:
    for _ in range(5):
        if await _maker_loses(db, tx, keeping):
            break
        await _drop(tx)
    else:
        pytest.fail("the maker has never lost")
    rows = await tx.fetch("SELECT relname FROM pg_class WHERE relname = ANY($1)", NAMES)
    assert {row[0] for row in rows} == set(NAMES)


async def _maker_loses(db: Database, tx: Tx, keeping: Keeping) -> bool:
    """Hold a row that the maker moves, and write when it waits for that; return whose deadlock it was.

    Whoever has waited for a second looks for one: the maker, unless this process was held up for so long.
    """
    await tx.execute(_SITTING)
    is_held = asyncio.Event()
    tending = asyncio.create_task(_tend_after(is_held, keeping))
    try:
        async with db.transaction() as writer:
            await writer.execute("SELECT FROM sittings_default WHERE shelf = '2031-01-01' FOR UPDATE")
            is_held.set()
            while not await _waits(tx):
                assert not tending.done()
            await writer.execute("LOCK TABLE sittings_default IN ROW EXCLUSIVE MODE")
    except DeadlockDetectedError:
        await tending
        return False
    await tending
    return True


async def _tend_after(event: asyncio.Event, keeping: Keeping) -> None:
    await event.wait()
    await keeping.tend()


_SITTING = """
    INSERT INTO sittings
    SELECT gen_random_uuid(), gen_random_uuid(), '2031-01-01', now(), now(), NULL, NULL, 1, 1, 'tv', '', '',
           '', '', NULL, 0
"""


async def _waits(tx: Tx) -> bool:
    return await tx.fetch_value(
        "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND locktype = 'transactionid')"
    )


async def _drop(tx: Tx) -> None:
    await tx.execute("DROP TABLE IF EXISTS sittings_203101, sittings_203102, sittings_203103")
