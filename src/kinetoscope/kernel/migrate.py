"""The schema: plain SQL files, applied forward, each in a transaction of its own."""

import hashlib
from dataclasses import dataclass
from importlib import resources
from typing import Any, TypeAlias

import asyncpg

__all__ = ["DatabaseUnfit", "Migration", "load_migrations", "migrate", "pending_steps"]

_LOCK = 0x4B494E45  # "KINE": one migration at a time in a database, whichever machine starts it
_LOCK_TIMEOUT = "5s"
_OLDEST_SERVER = 150000
_OLDEST_VECTOR = (0, 8)

Connection: TypeAlias = "asyncpg.Connection[Any]"


class DatabaseUnfit(Exception):  # noqa: N818 - it reads as what it is
    """This database cannot be used as it is; the message says why and what to run."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered step of the schema."""

    version: int
    name: str
    sql: str

    @property
    def digest(self) -> str:
        """What tells that a file was changed after it had been applied."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def load_migrations() -> list[Migration]:
    """Return all steps that this version of the program knows, in order."""
    found: list[Migration] = []
    for entry in resources.files("kinetoscope.migrations").iterdir():
        number, _, name = entry.name.removesuffix(".sql").partition("_")
        if entry.name.endswith(".sql"):
            found.append(Migration(int(number), name, entry.read_text(encoding="utf-8")))
    return sorted(found, key=lambda step: step.version)


async def migrate(dsn: str) -> list[Migration]:
    """Bring the database up to this version of the program; return the steps that were applied.

    Safe to call from many processes at once. Refuses with `DatabaseUnfit` a server that is too old, a
    missing extension or right, and a schema that is newer than this program.
    """
    connection: Connection = await asyncpg.connect(dsn, timeout=30)
    try:
        # Before all else: two CREATE EXTENSION at once fail in spite of their IF NOT EXISTS.
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await _require_fit_server(connection)
        await _prepare_ledger(connection)
        steps = load_migrations()
        pending = pending_steps(steps, await _applied(connection))
        for step in pending:
            await _apply(connection, step)
        return pending
    finally:
        await connection.close(timeout=5)


def pending_steps(steps: list[Migration], applied: dict[int, str]) -> list[Migration]:
    """Return what is still to be applied; refuse a database that is newer, or was made otherwise."""
    known = {step.version: step for step in steps}
    unknown = sorted(set(applied) - set(known))
    if unknown:
        raise DatabaseUnfit(
            f"The database has schema step {unknown[-1]}, which this version does not know "
            f"(its newest is {max(known)}). Start the newer version again, or restore a dump made before "
            "the upgrade: kinetoscope db restore FILE"
        )
    for version, digest in applied.items():
        if known[version].digest != digest:
            raise DatabaseUnfit(
                f"Schema step {version} ({known[version].name}) was applied in another form than this "
                "version of Kinetoscope holds. Use the released files unchanged; add a new step instead."
            )
    return [step for step in steps if step.version not in applied]


async def _require_fit_server(connection: Connection) -> None:
    version = int(await connection.fetchval("SHOW server_version_num"))
    if version < _OLDEST_SERVER:
        raise DatabaseUnfit(
            f"PostgreSQL {version // 10000} is too old: Kinetoscope needs 15 or newer. Upgrade it, or "
            "unset KINETOSCOPE_DATABASE_URL to use the embedded one."
        )
    await _require_vector(connection)
    if not await connection.fetchval("SELECT has_schema_privilege(current_schema(), 'CREATE')"):
        role = await connection.fetchval("SELECT current_user")
        raise DatabaseUnfit(
            f'The role "{role}" may not create tables. As an administrator of the database, run: '
            f'GRANT CREATE, USAGE ON SCHEMA public TO "{role}";'
        )


async def _require_vector(connection: Connection) -> None:
    row = await connection.fetchrow(
        "SELECT installed_version, default_version FROM pg_available_extensions WHERE name = 'vector'"
    )
    if row is None:
        raise DatabaseUnfit(
            "The PostgreSQL server has no pgvector. Install version 0.8 or newer there (package "
            "postgresql-NN-pgvector), then run in this database: CREATE EXTENSION vector;"
        )
    installed = row["installed_version"]
    if installed is None:
        try:
            await connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        except asyncpg.InsufficientPrivilegeError as error:
            raise DatabaseUnfit(
                "The extension vector is not installed in this database, and this role may not do it. "
                "As an administrator, run in it: CREATE EXTENSION vector;"
            ) from error
        installed = row["default_version"]
    if tuple(int(part) for part in installed.split(".")[:2]) < _OLDEST_VECTOR:
        raise DatabaseUnfit(
            f"pgvector {installed} is too old: Kinetoscope needs 0.8 or newer. Install it on the server and "
            "run in this database: ALTER EXTENSION vector UPDATE;"
        )


async def _prepare_ledger(connection: Connection) -> None:
    await connection.execute(
        """
        CREATE TABLE IF NOT EXISTS schema_migrations (
            version    integer PRIMARY KEY,
            name       text NOT NULL,
            sha256     text NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now()
        )
        """
    )


async def _applied(connection: Connection) -> dict[int, str]:
    rows = await connection.fetch("SELECT version, sha256 FROM schema_migrations")
    return {row["version"]: row["sha256"] for row in rows}


async def _apply(connection: Connection, step: Migration) -> None:
    try:
        async with connection.transaction():
            await connection.execute(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
            await connection.execute(step.sql)
            await connection.execute(
                "INSERT INTO schema_migrations (version, name, sha256) VALUES ($1, $2, $3)",
                step.version,
                step.name,
                step.digest,
            )
    except asyncpg.LockNotAvailableError as error:
        raise DatabaseUnfit(
            f"Schema step {step.version} ({step.name}) could not get its lock within {_LOCK_TIMEOUT}: some "
            "other session uses the table. Nothing was changed; start again when it is idle."
        ) from error
