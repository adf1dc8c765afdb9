"""`kinetoscope db`: the database."""

import asyncio
import signal
import subprocess
from pathlib import Path
from typing import Annotated

import typer

from ..kernel.settings import Settings
from ..supervisor import serving_pid
from .chosen import chosen_settings
from .clients import client_command
from .dumps import dump_to, restore_from
from .failing import USAGE, CommandFailed
from .lazy import new_command_app
from .options import AsJson, DataDir
from .output import print_facts
from .reaching import (
    connected,
    database_url,
    embedded,
    explained_failures,
    migrated,
    require_data,
    running_database,
    started_database,
)

app = new_command_app(no_args_is_help=True)


@app.callback()
def db() -> None:
    """Start, stop, look into, dump and restore the database.

    All of it works on the embedded PostgreSQL; `status`, `psql`, `dump`, `restore` and `migrate` also on
    the one that KINETOSCOPE_DATABASE_URL names.
    """


@app.command()
def start(data_dir: DataDir = None) -> None:
    """Start the embedded PostgreSQL and leave it running. `serve` does so by itself."""
    settings = _embedded_settings(data_dir)
    started_database(settings)
    typer.echo(f"PostgreSQL runs (pid {embedded(settings).running_pid()}): {database_url(settings)}")


@app.command()
def stop(data_dir: DataDir = None) -> None:
    """Stop the embedded PostgreSQL that `db start`, `api` or `worker` has left running."""
    settings = _embedded_settings(data_dir)
    if pid := serving_pid(settings.data_dir):
        raise CommandFailed(
            f"`kinetoscope serve` (pid {pid}) uses this database and would start it again. "
            f"Stop that: kill {pid}"
        )
    with explained_failures():
        was_running = embedded(settings).stop()
    typer.echo("PostgreSQL is stopped." if was_running else "PostgreSQL was not running.")


@app.command()
def status(*, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Show whether the database runs, where it is, and how large. Exit code 1 if it does not run."""
    settings = chosen_settings(data_dir=data_dir)
    facts: dict[str, str | int | bool | None] = {"embedded": settings.database_url is None}
    if settings.database_url is None:
        require_data(settings)
        server = embedded(settings)
        facts |= {"running": (pid := server.running_pid()) is not None, "pid": pid, "url": server.dsn}
        facts |= {"log": str(server.log_path), "serve_pid": serving_pid(settings.data_dir)}
        if pid is None:
            print_facts(facts, as_json=as_json)
            raise typer.Exit(1)
    dsn = database_url(settings)
    with explained_failures(dsn):
        facts |= {"running": True} | asyncio.run(_figures(dsn))
    print_facts(facts, as_json=as_json)


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    epilog="""Examples:

    kinetoscope db psql

    kinetoscope db psql -c 'SELECT count(*) FROM videos'""",
)
def psql(context: typer.Context, data_dir: DataDir = None) -> None:
    """Open psql on the database. Further arguments are psql's own."""
    settings = chosen_settings(data_dir=data_dir)
    with running_database(settings), explained_failures():
        command, environment = client_command(settings, "psql", *context.args)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is psql's: it ends a query, not the session
        done = subprocess.run(command, env=environment, check=False)
    raise typer.Exit(done.returncode)


@app.command(
    epilog="""Examples:

    kinetoscope db dump

    kinetoscope db dump /backup/kinetoscope.dump --overwrite"""
)
def dump(
    file: Annotated[Path | None, typer.Argument(help="By default kinetoscope-DATE-TIME.dump, here.")] = None,
    *,
    data_dir: DataDir = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an older dump.")] = False,
) -> None:
    """Write the whole database into one file, while everything goes on.

    The file appears when it is complete. Videos and secrets are not in it: copy the data directory's other
    folders too.
    """
    settings = chosen_settings(data_dir=data_dir)
    with running_database(settings), explained_failures():
        path, size = dump_to(settings, file, overwrite=overwrite)
    typer.echo(f"Dumped into {path} ({size / 1e6:.1f} MB).")


@app.command(
    epilog="""Example:

    kinetoscope db restore kinetoscope-20270101-040000.dump --yes"""
)
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `kinetoscope db dump` wrote.")],
    *,
    data_dir: DataDir = None,
    yes: Annotated[bool, typer.Option("--yes", help="Replace what the database holds now.")] = False,
) -> None:
    """Bring the database back to what a dump holds.

    All or nothing: if it fails, the database is as it was. Stop `serve` first.
    """
    settings = chosen_settings(data_dir=data_dir)
    if settings.database_url is None and (pid := serving_pid(settings.data_dir)):
        raise CommandFailed(f"`kinetoscope serve` (pid {pid}) uses this database. Stop it first: kill {pid}")
    with running_database(settings, may_create=True) as dsn, explained_failures(dsn):
        restore_from(settings, dsn, file, replace=yes)
    typer.echo(f"Restored from {file}.")


@app.command()
def migrate(data_dir: DataDir = None) -> None:
    """Bring the schema up to this version. `serve`, `api` and `worker` do so by themselves."""
    settings = chosen_settings(data_dir=data_dir)
    with running_database(settings, may_create=True) as dsn:
        steps = migrated(dsn)
    names = ", ".join(f"{step.version} {step.name}" for step in steps)
    typer.echo(f"Applied: {names}." if steps else "The schema is up to date.")


def _embedded_settings(data_dir: Path | None) -> Settings:
    settings = chosen_settings(data_dir=data_dir)
    if settings.database_url is not None:
        raise CommandFailed(
            "KINETOSCOPE_DATABASE_URL names an external database, which is started and stopped where it "
            "runs. Unset it to use the embedded one.",
            exit_code=USAGE,
        )
    return settings


async def _figures(dsn: str) -> dict[str, str | int | bool | None]:
    async with connected(dsn) as tx:
        row = await tx.fetch_one(
            """
            SELECT current_setting('server_version') AS version,
                   pg_database_size(current_database()) AS bytes,
                   (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()) - 1
                       AS connections,
                   to_regclass('schema_migrations') IS NOT NULL AS has_schema
            """
        )
        assert row is not None
        step = (
            await tx.fetch_value("SELECT max(version) FROM schema_migrations") if row["has_schema"] else None
        )
    return {
        "version": row["version"],
        "size_bytes": row["bytes"],
        "connections": row["connections"],
        "schema_step": step,
    }
