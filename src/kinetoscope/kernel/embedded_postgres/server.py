"""The embedded server's life: started once for all processes, attached to, stopped in order."""

import os
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Literal
from urllib.parse import quote

from .binaries import Binaries, require_binaries
from .cluster import DATABASE, SUPERUSER, clean_environment, create_cluster
from .configuration import SETTINGS
from .errors import PostgresUnavailable
from .locks import POLL_SECONDS, exclusive_lock
from .postmaster import (
    Postmaster,
    discard_stale_pids,
    find_postmaster,
    is_server_of,
    kill_orphans,
)
from .privileges import Identity, own_everything, server_identity
from .sockets import PORT, claim_socket_directory, is_answered, socket_directory

LARGEST_LOG_BYTES = 10_000_000
ORPHANS_SECONDS = 15.0
IMMEDIATE_SECONDS = 10.0
NO_SETTINGS: Mapping[str, str] = MappingProxyType({})
# Not clients: they work on the data directory, and most refuse to run as root.
SERVER_PROGRAMS = frozenset(
    {"initdb", "pg_checksums", "pg_controldata", "pg_ctl", "pg_resetwal", "pg_rewind", "postgres"}
)
DATABASE_OPTION = frozenset(
    {"clusterdb", "pg_dump", "pg_isready", "pg_restore", "psql", "reindexdb", "vacuumdb"}
)


class EmbeddedPostgres:
    """The server of one data directory; any number of processes may hold such an object.

    Everything lies in `data_dir/postgres`: the database in `data`, the socket in `run`, the log.
    `settings` come on top of the platform's own and count for the process that starts the server.
    All methods refuse with `PostgresUnavailable`.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        bin_dir: Path | None = None,
        settings: Mapping[str, str] = NO_SETTINGS,
    ) -> None:
        self._state = data_dir.expanduser().resolve() / "postgres"
        self._data = self._state / "data"
        self._bin_dir = bin_dir
        self._settings = {**SETTINGS, **settings}

    @property
    def log_path(self) -> Path:
        """Return where the server's log is; the one before it has `.1` at its end."""
        return self._state / "postgres.log"

    @property
    def dsn(self) -> str:
        """Return the database's URL for asyncpg, psql and everything made of libpq."""
        host = quote(str(self._socket_directory), safe="/")
        return f"postgresql://{SUPERUSER}@/{DATABASE}?host={host}&port={PORT}"

    def start(self, timeout_seconds: float = 60) -> Literal["created", "started", "attached"]:
        """Return once the database answers, and whether this call made, started or found it.

        The server stays when this process ends. After `timeout_seconds` the call refuses, but a
        server that is still repairing itself goes on doing so and can be attached to later.
        """
        deadline = time.monotonic() + timeout_seconds
        self._make_state_directory()
        with exclusive_lock(self._state / ".lock", deadline, refusal=self._start_is_slow) as lock:
            if self._attach(deadline):
                return "attached"
            own_everything(self._identity, self._state)
            is_new = create_cluster(self._state, self._binaries, self._identity, lock)
            self._launch(deadline)
        return "created" if is_new else "started"

    def running_pid(self) -> int | None:
        """Return the pid of the live server, or None; it may be starting up or shutting down."""
        postmaster = self._postmaster()
        return None if postmaster is None else postmaster.pid

    def stop(self, timeout_seconds: float = 30) -> bool:
        """Shut the server down and wait for its end; False when none was running.

        Open transactions are rolled back (`fast`). A server that has not ended after
        `timeout_seconds` is cut off (`immediate`), and repairs itself at its next start.
        """
        pid = self.running_pid()
        if pid is None:
            return False
        for number, patience in (
            (signal.SIGINT, timeout_seconds),
            (signal.SIGQUIT, IMMEDIATE_SECONDS),
        ):
            self._signal(pid, number)
            if self._ends_within(pid, patience):
                return True
        raise PostgresUnavailable(
            f"PostgreSQL (pid {pid}) does not end, probably because its disk does not answer. "
            f"Look at {self.log_path}; `kill -9 {pid}` ends it without losing committed data."
        )

    def command(self, tool: str, *args: str) -> list[str]:
        """Return the argument list that runs one of PostgreSQL's programs against this server.

        Clients (psql, pg_dump, pg_restore, ...) get the connection options; programs of the
        server side (pg_ctl, pg_controldata, ...) get the data directory, and the words that leave
        root behind where they are needed.
        """
        program = self._binaries.program(tool)
        if tool in SERVER_PROGRAMS:
            return [*self._identity.prefix, program, "-D", str(self._data), *args]
        connection = [
            f"--host={self._socket_directory}",
            f"--port={PORT}",
            f"--username={SUPERUSER}",
        ]
        database = [f"--dbname={DATABASE}"] if tool in DATABASE_OPTION else []
        return [program, *connection, *database, *args]

    @cached_property
    def _binaries(self) -> Binaries:
        return require_binaries(self._bin_dir)

    @cached_property
    def _identity(self) -> Identity:
        return server_identity(self._binaries.program("postgres"), self._state)

    @property
    def _socket_directory(self) -> Path:
        # A running server knows best: it may have been started with another TMPDIR.
        postmaster = self._postmaster()
        if postmaster is not None and postmaster.socket_directory is not None:
            return postmaster.socket_directory
        return socket_directory(self._state)

    def _postmaster(self) -> Postmaster | None:
        try:
            return find_postmaster(self._data)
        except PermissionError as denied:
            raise self._belongs_to_another() from denied

    def _make_state_directory(self) -> None:
        try:
            self._state.parent.mkdir(parents=True, exist_ok=True)
            self._state.mkdir(mode=0o700, exist_ok=True)
            os.close(os.open(self._state / ".lock", os.O_RDWR | os.O_CREAT, 0o600))
        except PermissionError as denied:
            raise self._belongs_to_another() from denied
        except OSError as failure:
            raise PostgresUnavailable(
                f"{self._state} cannot be used: {failure.strerror}. Correct that, or choose "
                "another data directory."
            ) from failure

    def _belongs_to_another(self) -> PostgresUnavailable:
        return PostgresUnavailable(
            f"{self._state} is not yours to use. Run as the user that owns it, choose another data "
            f"directory, or make it yours: sudo chown -R {os.geteuid()} {self._state}"
        )

    def _start_is_slow(self) -> str:
        return (
            "Another process has been starting PostgreSQL here for too long. See whether it still "
            f"works, and start again. (It holds {self._state / '.lock'}.)"
        )

    def _somebody_is_alive(self) -> str:
        return (
            f"Another PostgreSQL still works on {self._data}, perhaps in another container that "
            f"shares the directory. Stop it (`fuser {self._state / '.alive'}` shows its processes "
            "on its machine), and start again."
        )

    def _attach(self, deadline: float) -> bool:
        """Wait for a server that lives to be ready (True) or gone (False)."""
        while (postmaster := self._postmaster()) is not None:
            if _serves(postmaster):
                return True
            self._pause(deadline)
        return False

    def _launch(self, deadline: float) -> None:
        sockets = socket_directory(self._state)
        claim_socket_directory(sockets, self._identity)
        self._open_new_log()
        kill_orphans(self._data)
        # All processes of a server inherit this lock. It shows what no pid file can: orphans of a
        # killed server, and a server in another container that shares this directory.
        alive = exclusive_lock(
            self._state / ".alive",
            min(deadline, time.monotonic() + ORPHANS_SECONDS),
            refusal=self._somebody_is_alive,
        )
        with alive as held, self.log_path.open("rb") as log:
            discard_stale_pids(self._data, sockets / f".s.PGSQL.{PORT}.lock")
            before = log.seek(0, os.SEEK_END)
            if self._becomes_ready(self._spawn(sockets, held), deadline):
                return
            log.seek(before)
            said = log.read().decode(errors="replace")
        raise PostgresUnavailable(
            f"PostgreSQL did not start. Correct the cause and start again; the whole log is "
            f"{self.log_path}. It said:\n{said[-2000:].strip()}"
        )

    def _becomes_ready(self, pid: int, deadline: float) -> bool:
        while _is_child(pid):
            postmaster = self._postmaster()
            if postmaster is not None and postmaster.pid == pid and _serves(postmaster):
                return True
            self._pause(deadline)
        return False

    def _spawn(self, sockets: Path, alive: int) -> int:
        options = {**self._settings, "unix_socket_directories": str(sockets)}
        arguments = [f"--{name}={value}" for name, value in options.items()]
        postgres = [self._binaries.program("postgres"), "-D", str(self._data), *arguments]
        command = [*self._identity.prefix, *postgres]
        with self.log_path.open("ab") as log:
            # Its own session: Ctrl-C in the terminal reaches the supervisor, which stops the
            # server last. Popen would complain about a child that outlives it, as this one must.
            return os.posix_spawnp(
                command[0],
                command,
                clean_environment(),
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_DUP2, log.fileno(), 1),
                    (os.POSIX_SPAWN_DUP2, log.fileno(), 2),
                    (os.POSIX_SPAWN_DUP2, alive, 3),
                ],
                setsid=True,
                setsigmask=(),
                setsigdef=(signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGPIPE),
            )

    def _open_new_log(self) -> None:
        with suppress(FileNotFoundError):
            if self.log_path.stat().st_size > LARGEST_LOG_BYTES:
                self.log_path.replace(self.log_path.with_suffix(".log.1"))
        log = os.open(self.log_path, os.O_WRONLY | os.O_CREAT, 0o600)
        os.fchown(log, self._identity.uid, self._identity.gid)
        os.close(log)

    def _pause(self, deadline: float) -> None:
        if time.monotonic() > deadline:
            raise PostgresUnavailable(
                "PostgreSQL is not ready in time; after a crash it may still be repairing its "
                f"data, and goes on with that. Look at {self.log_path}, and start again later."
            )
        time.sleep(POLL_SECONDS)

    def _signal(self, pid: int, number: signal.Signals) -> None:
        try:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        except PermissionError as denied:
            raise self._belongs_to_another() from denied

    def _ends_within(self, pid: int, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while is_server_of(self._data, pid):
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_SECONDS)
        return True


def _serves(postmaster: Postmaster) -> bool:
    place = postmaster.socket_directory
    return postmaster.is_ready and place is not None and is_answered(place)


def _is_child(pid: int) -> bool:
    """Tell whether this process has a child of that pid that still lives."""
    try:
        return os.waitpid(pid, os.WNOHANG) == (0, 0)
    except ChildProcessError:
        return False
