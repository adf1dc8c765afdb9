"""Dumps of the database, and the way back, which is one transaction."""

import asyncio
import os
import shlex
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from ..kernel.settings import Settings
from .clients import client_command
from .failing import CommandFailed
from .reaching import connected

# Everything of ours in the schema, but nothing that belongs to an extension or to somebody else.
_CLEAR = """
DO $$
DECLARE thing record;
BEGIN
    FOR thing IN
        SELECT format('%s %s', CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'
                                 WHEN 'S' THEN 'SEQUENCE' WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END,
                      c.oid::regclass) AS name
          FROM pg_class c
         WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
           AND NOT EXISTS (SELECT FROM pg_depend d
                            WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
                              AND d.deptype IN ('e', 'i', 'a', 'P'))
        UNION ALL
        SELECT format('ROUTINE %s', p.oid::regprocedure)
          FROM pg_proc p
         WHERE p.pronamespace = current_schema()::regnamespace
           AND NOT EXISTS (SELECT FROM pg_depend d
                            WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
        UNION ALL
        SELECT format('TYPE %s', t.oid::regtype)
          FROM pg_type t
         WHERE t.typnamespace = current_schema()::regnamespace AND t.typtype IN ('e', 'd')
           AND NOT EXISTS (SELECT FROM pg_depend d
                            WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')
    LOOP
        EXECUTE format('DROP %s CASCADE', thing.name);
    END LOOP;
END $$
"""
_BE_BRIEF = "SET lock_timeout = '10s'; SET client_min_messages = 'warning'"
# What pg_restore 17 and newer writes among its first lines, and PostgreSQL 15 and 16 do not know.
_WITHOUT_NEW_SETTING = ["sed", "1,40{/^SET transaction_timeout = 0;$/d;}"]


def dump_to(settings: Settings, file: Path | None, *, overwrite: bool) -> tuple[Path, int]:
    """Write a dump and return where it is and its size in bytes; nothing half-written ever has its name."""
    path = file or Path(f"kinetoscope-{datetime.now(UTC):%Y%m%d-%H%M%S}.dump")
    if path.exists() and not overwrite:
        raise CommandFailed(f"{path} exists already. Choose another name, or add --overwrite.")
    unfinished = path.with_name(f"{path.name}.unfinished")
    try:
        os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))  # it holds everything
    except OSError as error:
        raise CommandFailed(f"{path} cannot be written: {error.strerror}.") from error
    try:
        # Unlogged tables are what must not outlive its hours: limits, and the salts of viewers.
        _run(settings, "pg_dump", "--format=custom", "--no-unlogged-table-data", f"--file={unfinished}")
        _sync(unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path, path.stat().st_size


def restore_from(settings: Settings, dsn: str, file: Path, *, replace: bool) -> None:
    """Put the dump in the place of what the database holds, in one transaction."""
    if not file.is_file():
        raise CommandFailed(f"There is no file {file}.")
    _require_dump(settings, file)
    if not replace and asyncio.run(_is_in_use(dsn)):
        raise CommandFailed(
            "The database holds accounts, which a restore would replace. Dump it first (kinetoscope db "
            "dump), then say that you mean it: --yes"
        )
    script = [*_restore_program(settings), "--no-owner", "--no-acl", "--no-comments", "--file=-", str(file)]
    psql, environment = client_command(
        settings,
        "psql",
        *("--no-psqlrc", "--quiet", "--output=/dev/null", "--single-transaction", "--set=ON_ERROR_STOP=1"),
        *("--command", _BE_BRIEF, "--command", _CLEAR, "--file", "-"),
    )
    # A dump that proves to be damaged in its middle ends with a line that is no SQL: nothing is committed.
    written = f"{{ {shlex.join(script)} || echo '\\dump_is_damaged'; }}"
    shell = f"{written} | {shlex.join(_WITHOUT_NEW_SETTING)} | {shlex.join(psql)}"
    done = subprocess.run(
        ["/bin/sh", "-c", shell], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise CommandFailed(f"Nothing was changed: the restore failed. {done.stderr.strip()[-1500:]}")


def _require_dump(settings: Settings, file: Path) -> None:
    listed = subprocess.run(
        [*_restore_program(settings), "--list", str(file)], capture_output=True, text=True, check=False
    )
    if listed.returncode != 0:
        raise CommandFailed(
            f"{file} is not a dump that `kinetoscope db dump` wrote, or it is damaged: "
            f"{listed.stderr.strip()}"
        )


def _restore_program(settings: Settings) -> list[str]:
    """Return pg_restore without a connection: it only reads files here."""
    return client_command(settings, "pg_restore")[0][:1]


def _run(settings: Settings, tool: str, *arguments: str) -> None:
    command, environment = client_command(settings, tool, *arguments)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CommandFailed(f"{tool} failed: {done.stderr.strip()[-1500:]}")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


async def _is_in_use(dsn: str) -> bool:
    async with connected(dsn) as tx:
        if await tx.fetch_value("SELECT to_regclass('accounts') IS NULL"):
            return False
        return bool(await tx.fetch_value("SELECT EXISTS (SELECT FROM accounts)"))
