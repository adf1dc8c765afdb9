"""The schema's steps: applied once, refused where they do not fit, and never half."""

import asyncio
import re
import sys
from typing import Any

import asyncpg
import pytest

from kinetoscope.kernel import migrate as module
from kinetoscope.kernel.migrate import DatabaseUnfit, Migration, load_migrations, migrate
from support.external_postgres import ExternalPostgres

_MIGRATE = """
import asyncio, sys
from kinetoscope.kernel.migrate import migrate
sys.stdin.readline()
print(len(asyncio.run(migrate(sys.argv[1]))))
"""


@pytest.fixture
def administrator(server: ExternalPostgres, empty_database: str) -> str:
    """The address of an empty database for one who may do everything in it."""
    return server.administrator_dsn(empty_database)


@pytest.fixture
def more_steps(monkeypatch: pytest.MonkeyPatch) -> list[Migration]:
    """Steps that this version of the program has on top of the real ones."""
    steps: list[Migration] = []
    monkeypatch.setattr(module, "load_migrations", lambda: [*load_migrations(), *steps])
    return steps


async def ask(dsn: str, query: str) -> Any:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def test_the_steps_are_numbered_without_a_gap_or_a_double() -> None:
    versions = [step.version for step in load_migrations()]
    assert versions == list(range(1, len(versions) + 1))


async def test_an_empty_database_gets_every_step_once(administrator: str) -> None:
    assert await migrate(administrator) == load_migrations()
    assert await migrate(administrator) == []
    assert await ask(administrator, "SELECT count(*) FROM schema_migrations") == len(load_migrations())


async def test_four_processes_at_once_apply_each_step_once(administrator: str) -> None:
    pipe = asyncio.subprocess.PIPE
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", _MIGRATE, administrator, stdin=pipe, stdout=pipe, stderr=pipe
        )
        for _ in range(4)
    ]
    answers = await asyncio.gather(*(process.communicate(b"go\n") for process in processes))
    assert [process.returncode for process in processes] == [0] * 4, answers
    assert sorted(int(said) for said, _ in answers) == [0, 0, 0, len(load_migrations())]


async def test_a_newer_schema_is_refused_with_what_to_do(administrator: str) -> None:
    await migrate(administrator)
    await ask(administrator, "INSERT INTO schema_migrations VALUES (9999, 'future', 'x') RETURNING 1")
    with pytest.raises(DatabaseUnfit, match=r"step 9999.*newest is \d+.*Start the newer version") as refusal:
        await migrate(administrator)
    assert "kinetoscope db restore FILE" in str(refusal.value)


async def test_a_step_that_was_edited_afterwards_is_refused(administrator: str) -> None:
    await migrate(administrator)
    await ask(administrator, "UPDATE schema_migrations SET sha256 = 'x' WHERE version = 1 RETURNING 1")
    with pytest.raises(DatabaseUnfit, match=r"step 1 \(kernel\) was applied in another form"):
        await migrate(administrator)


async def test_a_failing_step_leaves_nothing_of_itself(
    administrator: str, more_steps: list[Migration]
) -> None:
    more_steps.append(Migration(9000, "broken", "CREATE TABLE half (); SELECT 1 / 0"))
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(administrator)
    assert await ask(administrator, "SELECT to_regclass('half')") is None
    assert await ask(administrator, "SELECT max(version) FROM schema_migrations") == len(load_migrations())
    more_steps[0] = Migration(9000, "mended", "CREATE TABLE whole ()")
    assert [step.name for step in await migrate(administrator)] == ["mended"]


async def test_a_step_does_not_wait_long_for_a_table_in_use(
    administrator: str, more_steps: list[Migration], monkeypatch: pytest.MonkeyPatch
) -> None:
    await migrate(administrator)
    monkeypatch.setattr(module, "_LOCK_TIMEOUT", "50ms")
    more_steps.append(Migration(9000, "wide", "ALTER TABLE jobs ADD COLUMN wide text"))
    user = await asyncpg.connect(administrator)
    async with user.transaction():
        await user.fetch("SELECT * FROM jobs")
        with pytest.raises(DatabaseUnfit, match=r"step 9000 \(wide\) could not get its lock within 50ms"):
            await migrate(administrator)
    await user.close()
    assert [step.name for step in await migrate(administrator)] == ["wide"]


async def test_an_unprivileged_role_is_told_what_an_administrator_must_run(
    server: ExternalPostgres, empty_database: str
) -> None:
    role = server.role_dsn(empty_database)
    with pytest.raises(DatabaseUnfit, match="CREATE EXTENSION vector;") as refusal:
        await migrate(role)
    server.administrate(_last_statement(refusal.value), database=empty_database)
    with pytest.raises(DatabaseUnfit, match="may not create tables") as refusal:
        await migrate(role)
    server.administrate(_last_statement(refusal.value), database=empty_database)
    assert await migrate(role) == load_migrations()


@pytest.mark.parametrize(
    ("available", "refusal"),
    [
        ("WHERE false", "has no pgvector"),
        ("", r"pgvector 0\.7\.4 is too old.*ALTER EXTENSION vector UPDATE;"),
    ],
)
async def test_a_server_without_a_fit_pgvector_is_refused(
    administrator: str, empty_database: str, available: str, refusal: str
) -> None:
    # A view of the same name stands before the system's, and shows what such a server would.
    version = "'vector'::name AS name, '0.7.4' AS installed_version, '0.7.4' AS default_version"
    await ask(administrator, f"CREATE VIEW pg_available_extensions AS SELECT {version} {available}")
    await ask(administrator, f"ALTER DATABASE {empty_database} SET search_path = public, pg_catalog")
    with pytest.raises(DatabaseUnfit, match=refusal):
        await migrate(administrator)
    assert await ask(administrator, "SELECT to_regclass('schema_migrations')") is None


def _last_statement(refusal: Exception) -> str:
    found = re.search(r": ([A-Z][^:]+;)$", str(refusal))
    assert found is not None, refusal
    return found[1]
