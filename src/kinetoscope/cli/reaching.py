"""Reaching the database from the command line, with a sentence for each way in which that can fail."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from urllib.parse import urlsplit

import asyncpg

from ..kernel.db import Database, Tx
from ..kernel.embedded_postgres import EmbeddedPostgres, PostgresUnavailable
from ..kernel.errors import DatabaseUnavailable
from ..kernel.migrate import DatabaseUnfit, Migration, migrate
from ..kernel.settings import Settings
from ..supervisor import serving_pid
from .failing import CommandFailed


def embedded(settings: Settings) -> EmbeddedPostgres:
    """Return the embedded server of these settings, running or not."""
    return EmbeddedPostgres(settings.data_dir, bin_dir=settings.pg_bin_dir)


def database_url(settings: Settings) -> str:
    """Return the URL of the database, whether or not it answers."""
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    return embedded(settings).dsn


def started_database(settings: Settings) -> str:
    """Return the URL of the database; the embedded server is started if need be, and left running."""
    if settings.database_url is None:
        with explained_failures():
            embedded(settings).start()
    return database_url(settings)


@contextmanager
def running_database(settings: Settings, *, may_create: bool = False) -> Generator[str]:
    """Give the URL of a database that runs; an embedded server that had to be started is stopped again.

    Refuses a data directory without data unless `may_create`: a mistyped one is not to be filled.
    """
    if settings.database_url is not None:
        yield database_url(settings)
        return
    if not may_create:
        require_data(settings)
    server = embedded(settings)
    with explained_failures():
        how = server.start()
    try:
        yield server.dsn
    finally:
        # A `serve` that began meanwhile has attached to it.
        if how != "attached" and serving_pid(settings.data_dir) is None:
            server.stop()


def require_data(settings: Settings) -> None:
    """Refuse a data directory in which nothing was ever stored."""
    if not (settings.data_dir.expanduser() / "postgres" / "data" / "PG_VERSION").exists():
        raise CommandFailed(
            f"There is no Kinetoscope data in {settings.data_dir.expanduser().resolve()}. Name the right "
            "directory with --data-dir DIR, or begin there with: kinetoscope serve"
        )


def migrated(dsn: str) -> list[Migration]:
    """Bring the schema up to date and return the steps that were applied."""
    with explained_failures(dsn):
        return asyncio.run(migrate(dsn))


@asynccontextmanager
async def connected(dsn: str) -> AsyncGenerator[Tx]:
    """Give one connection that commits each statement."""
    db = Database(dsn, pool_size=2)
    await db.open()
    try:
        async with db.read() as tx:
            yield tx
    finally:
        await db.close()


@contextmanager
def explained_failures(dsn: str = "") -> Generator[None]:
    """Turn what the database can refuse into a sentence with the next step."""
    try:
        yield
    except (PostgresUnavailable, DatabaseUnfit) as refusal:
        raise CommandFailed(str(refusal)) from refusal
    except asyncpg.UndefinedTableError as error:
        raise CommandFailed(
            "The database has no tables of Kinetoscope yet. Run: kinetoscope db migrate"
        ) from error
    except (DatabaseUnavailable, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        cause = error.__cause__ if isinstance(error, DatabaseUnavailable) and error.__cause__ else error
        raise CommandFailed(
            f"The database {_place(dsn)} cannot be used: {_reason(cause)}. Check "
            "KINETOSCOPE_DATABASE_URL, and that the server runs and lets this machine in; "
            "`kinetoscope doctor` tells more."
        ) from error


def _place(dsn: str) -> str:
    """Return where a database is, without the password."""
    parts = urlsplit(dsn)
    return f"at {parts.hostname}:{parts.port or 5432}{parts.path}" if parts.hostname else "of this machine"


def _reason(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "it does not answer in time"
    return str(error).rstrip(".") or type(error).__name__
