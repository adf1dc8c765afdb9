"""The database: reached, new enough, with the rights that are needed, and in the state of this version."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg

from ..kernel.embedded_postgres import EmbeddedPostgres, PostgresUnavailable
from ..kernel.embedded_postgres.binaries import require_binaries
from ..kernel.migrate import DatabaseUnfit, load_migrations, pending_steps
from ..kernel.settings import Settings
from .findings import Finding, broken, ok, warning

OLDEST_SERVER = 150000
OLDEST_VECTOR = (0, 8)
LARGEST_SKEW_SECONDS = 2.0
_PATIENCE_SECONDS = 5.0


def look_at_database(settings: Settings) -> Iterator[Finding]:
    """Look at the database of the settings; the embedded one is not started for it."""
    if settings.database_url is not None:
        yield from asyncio.run(_look_inside(settings.database_url.get_secret_value(), is_external=True))
        return
    server = EmbeddedPostgres(settings.data_dir, bin_dir=settings.pg_bin_dir)
    data = settings.data_dir.expanduser() / "postgres" / "data"
    try:
        if not (data / "PG_VERSION").exists():
            yield ok("Database", "none yet; it is made at the first start")
        elif server.running_pid() is None:
            yield _look_at_major(settings, data)
        else:
            yield from asyncio.run(_look_inside(server.dsn, is_external=False))
    except (PostgresUnavailable, PermissionError) as refusal:
        yield broken("Database", f"{data} cannot be used", str(refusal))


def _look_at_major(settings: Settings, data: Path) -> Finding:
    written, found = (data / "PG_VERSION").read_text().strip(), require_binaries(settings.pg_bin_dir).major
    if written != str(found):
        return broken(
            "Database",
            f"written by PostgreSQL {written}, while the programs are version {found}",
            "Start Kinetoscope: it changes nothing and says how to move the data over.",
        )
    return ok("Database", "not running; `kinetoscope serve` starts it")


async def _look_inside(dsn: str, *, is_external: bool) -> list[Finding]:
    try:
        connection: asyncpg.Connection[Any] = await asyncpg.connect(dsn, timeout=_PATIENCE_SECONDS)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        reason = str(error) or type(error).__name__
        fix = "Check KINETOSCOPE_DATABASE_URL, and that the server runs and lets this machine in."
        return [broken("Database", f"cannot be reached: {reason}", fix)]
    try:
        found = [await _look_at_server(connection)]
        if is_external:
            found += [await _look_at_vector(connection), *await _look_at_rights(connection)]
            found += await _look_at_skew(connection)
        return [*found, *await _look_at_schema(connection)]
    finally:
        await connection.close(timeout=_PATIENCE_SECONDS)


async def _look_at_server(connection: "asyncpg.Connection[Any]") -> Finding:
    number = int(await connection.fetchval("SHOW server_version_num"))
    version = await connection.fetchval("SHOW server_version")
    if number < OLDEST_SERVER:
        return broken("Database", f"PostgreSQL {version} is too old", "Upgrade it to 15 or newer.")
    return ok("Database", f"PostgreSQL {version} answers")


async def _look_at_vector(connection: "asyncpg.Connection[Any]") -> Finding:
    row = await connection.fetchrow(
        "SELECT installed_version, default_version FROM pg_available_extensions WHERE name = 'vector'"
    )
    if row is None:
        fix = "Install 0.8 or newer there (package postgresql-NN-pgvector)."
        return broken("pgvector", "is not on the server", fix)
    if row["installed_version"] is None:
        return warning(
            "pgvector", "is not installed in this database", "As its administrator: CREATE EXTENSION vector;"
        )
    version: str = row["installed_version"]
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_VECTOR:
        return broken("pgvector", f"{version} is too old", "Install 0.8; ALTER EXTENSION vector UPDATE;")
    return ok("pgvector", version)


async def _look_at_rights(connection: "asyncpg.Connection[Any]") -> list[Finding]:
    role = await connection.fetchval("SELECT current_user")
    if await connection.fetchval("SELECT has_schema_privilege(current_schema(), 'CREATE')"):
        return [ok("Rights", f'role "{role}" may create tables')]
    fix = f'As an administrator of the database: GRANT CREATE, USAGE ON SCHEMA public TO "{role}";'
    return [broken("Rights", f'role "{role}" may not create tables', fix)]


async def _look_at_skew(connection: "asyncpg.Connection[Any]") -> list[Finding]:
    there: datetime = await connection.fetchval("SELECT clock_timestamp()")
    skew = abs((datetime.now(UTC) - there).total_seconds())
    if skew <= LARGEST_SKEW_SECONDS:
        return []
    text = f"differs from the database server's by {skew:.0f} seconds"
    return [warning("Clock", text, "Let both follow the network: timedatectl set-ntp true")]


async def _look_at_schema(connection: "asyncpg.Connection[Any]") -> list[Finding]:
    if await connection.fetchval("SELECT to_regclass('schema_migrations') IS NULL"):
        return [ok("Schema", "none yet; it is made at the first start")]
    rows = await connection.fetch("SELECT version, sha256 FROM schema_migrations")
    try:
        pending = pending_steps(load_migrations(), {row["version"]: row["sha256"] for row in rows})
    except DatabaseUnfit as unfit:
        return [broken("Schema", "does not fit this version", str(unfit))]
    if pending:
        return [warning("Schema", f"{len(pending)} steps are to be applied", "kinetoscope db migrate")]
    return [
        ok("Schema", f"up to date (step {len(rows)})"),
        await _look_at_jobs(connection),
        *await _look_at_salts(connection),
    ]


async def _look_at_jobs(connection: "asyncpg.Connection[Any]") -> Finding:
    dead = await connection.fetchval("SELECT count(*) FROM jobs WHERE state = 'dead'")
    if dead:
        return warning("Jobs", f"{dead} failed for good", "Look at them: kinetoscope jobs --state dead")
    return ok("Jobs", "none failed for good")


async def _look_at_salts(connection: "asyncpg.Connection[Any]") -> list[Finding]:
    """Look for salts of viewers that should have been destroyed an hour ago or earlier."""
    overdue = await connection.fetchval(
        "SELECT min(day) FROM viewer_salts WHERE day::timestamptz < now() - interval '49 hours'"
    )
    if overdue is None:
        return []
    text = f"that of {overdue:%Y-%m-%d} should have been destroyed: viewers of that day are not anonymous"
    return [broken("Salts of viewers", text, "Start a worker (`kinetoscope serve` does): it destroys them.")]
