"""The data directory: made in one piece or not at all, and only opened by its own version."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from .binaries import Binaries, installed_binaries
from .errors import PostgresUnavailable
from .privileges import Identity
from .sockets import PORT, socket_directory

DATABASE = "kinetoscope"
SUPERUSER = "kinetoscope"
# Only who can enter the socket's directory reaches the server, so the socket itself asks nothing.
INITDB_OPTIONS = (
    f"--username={SUPERUSER}",
    "--auth-local=trust",
    "--auth-host=reject",
    "--encoding=UTF8",
    "--locale=C.UTF-8",
    "--data-checksums",
    "--no-instructions",
)


def clean_environment() -> Mapping[str, str]:
    """Return this process's environment without what could redirect PostgreSQL or is ours alone."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PG", "KINETOSCOPE_", "LC_"))
    }
    return {**kept, "LC_ALL": "C"}  # its messages are read by the code beside this


def create_cluster(state: Path, binaries: Binaries, identity: Identity, lock: int) -> bool:
    """Make the data directory with its database if there is none; tell whether it was made.

    Refuses a directory of another major version, and one that is not PostgreSQL's.
    """
    data = state / "data"
    if (data / "PG_VERSION").exists():
        _require_major(state, binaries, identity)
        return False
    if data.exists() and any(data.iterdir()):
        raise PostgresUnavailable(
            f"{data} is not empty and not a PostgreSQL data directory. Move it away and start again."
        )
    unfinished = state / "data.new"
    if unfinished.exists():  # of a start that was killed
        shutil.rmtree(unfinished)
    initdb = [binaries.program("initdb"), *INITDB_OPTIONS, "--pgdata", str(unfinished)]
    _run(identity, initdb, lock=lock)
    single = [binaries.program("postgres"), "--single", "-D", str(unfinished)]
    create = f"CREATE DATABASE {DATABASE}\n"
    _run(identity, [*single, "-c", "exit_on_error=on", "postgres"], lock=lock, typed=create)
    unfinished.rename(data)
    _make_durable(state)
    return True


def _run(identity: Identity, command: list[str], *, lock: int, typed: str = "") -> None:
    # The child holds the lock too: should only this process be killed, nobody starts a second
    # initdb in the same place before the first has ended.
    done = subprocess.run(
        [*identity.prefix, *command],
        input=typed,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env=clean_environment(),
        pass_fds=(lock,),
        start_new_session=True,
    )
    if done.returncode != 0:
        raise PostgresUnavailable(
            f"The database could not be created: {Path(command[0]).name} ended with "
            f"{done.returncode}. Nothing half-made is left; correct the cause and start again. "
            f"It said:\n{done.stdout[-2000:].strip()}"
        )


def _make_durable(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _require_major(state: Path, binaries: Binaries, identity: Identity) -> None:
    written = (state / "data" / "PG_VERSION").read_text().strip()
    if written != str(binaries.major):
        raise PostgresUnavailable(_upgrade_recipe(state, written, binaries, identity))


def _upgrade_recipe(state: Path, old: str, binaries: Binaries, identity: Identity) -> str:
    data, run, dump = state / "data", socket_directory(state), state / f"kinetoscope-{old}.dump"
    programs = {str(found.major): found.directory for found in installed_binaries()}
    old_bin = programs.get(old, Path(f"/usr/lib/postgresql/{old}/bin"))
    connect = ["-h", str(run), "-p", str(PORT), "-U", SUPERUSER]
    pg_ctl = [*identity.prefix, str(old_bin / "pg_ctl"), "-w", "-D", str(data)]
    served = f"-p {PORT} -c listen_addresses= -c unix_socket_directories={shlex.quote(str(run))}"
    dumped = [binaries.program("pg_dump"), *connect, "-Fc", "-f", str(dump), DATABASE]
    restored = [binaries.program("pg_restore"), *connect, "--clean", "--if-exists"]
    before = (
        [*identity.prefix, "/bin/mkdir", "-p", "-m", "700", str(run)],
        [*pg_ctl, "-l", str(state / "upgrade.log"), "-o", served, "start"],
        dumped,
        [*pg_ctl, "-m", "fast", "stop"],
        ["mv", str(data), str(state / f"data-{old}")],
    )
    return "\n".join(
        (
            (
                f"{data} was written by PostgreSQL {old}, and the programs in {binaries.directory} are "
                f"PostgreSQL {binaries.major}. Nothing was changed. Either set KINETOSCOPE_PG_BIN_DIR to "
                f"programs of PostgreSQL {old}, or move the data over with a dump."
            ),
            f"1. With PostgreSQL {old} installed (here in {old_bin}), run:",
            *(f"     {shlex.join(command)}" for command in before),
            "2. Start Kinetoscope: it makes an empty database. Then run:",
            f"     {shlex.join([*restored, '-d', DATABASE, str(dump)])}",
            f"3. Restart Kinetoscope. When all is well, remove {state / f'data-{old}'} and {dump}.",
        )
    )
