"""Fixtures of the kernel's tests: a server that a test may stop, and the pools of several processes."""

import itertools
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack, aclosing

import pytest

from kinetoscope.kernel.db import Database
from support.external_postgres import ExternalPostgres

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[ExternalPostgres]:
    """A PostgreSQL of these tests alone."""
    server = ExternalPostgres(tmp_path_factory.mktemp("server") / "external")
    server.create()
    yield server
    server.stop()


@pytest.fixture
def empty_database(server: ExternalPostgres) -> str:
    """The name of a new database without any table or extension."""
    name = f"empty_{next(_NUMBERS)}"
    server.create_database(name)
    return name


@pytest.fixture
async def pools(dsn: str, db: Database) -> AsyncGenerator[list[Database]]:
    """The database as four processes would hold it."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(aclosing(await _opened(dsn))) for _ in range(4)]


class _Pool(Database):
    async def aclose(self) -> None:
        await self.close()


async def _opened(dsn: str) -> _Pool:
    pool = _Pool(dsn, pool_size=4)
    await pool.open()
    return pool
