"""A really started `kinetoscope serve`, with all its processes."""

import atexit
import io
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from queue import Empty, Queue
from shutil import copytree, rmtree
from typing import TypeVar
from unittest.mock import patch

import psutil

from kinetoscope.cli import main
from kinetoscope.kernel.embedded_postgres import EmbeddedPostgres
from support.models import MODELS

T = TypeVar("T")

READY = "Kinetoscope is ready on "
START_SECONDS = 60.0
_FREE_MEDIA_PORT = {"sfu_port": "0"}
"""Several platforms run beside each other here."""
STOP_SECONDS = 40.0
_LOG_CHARACTERS = 20_000
_STEP_SECONDS = 0.02


@dataclass(slots=True)
class Server:
    """The running platform: where it answers, its supervisor's process, and what it has logged."""

    url: str
    data_dir: Path
    process: "subprocess.Popen[str]"
    log_file: Path
    lines: "Queue[str]" = field(repr=False)

    @property
    def pid(self) -> int:
        """The supervisor's pid."""
        return self.process.pid

    @property
    def logs(self) -> str:
        """All that was written to standard error so far."""
        return self.log_file.read_text()

    def pids(self, program: str) -> list[int]:
        """Return the pids of the children that run `kinetoscope <program>`."""
        return [
            child.pid
            for child in psutil.Process(self.pid).children()
            if program in _words(child) and child.status() != psutil.STATUS_ZOMBIE
        ]

    def postgres_pid(self) -> int | None:
        """Return the pid of the embedded PostgreSQL."""
        return EmbeddedPostgres(self.data_dir).running_pid()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Stop everything in order and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(STOP_SECONDS)


@contextmanager
def started_server(
    data_dir: Path, *options: str, command: Sequence[str] = ("serve",), **env: str
) -> Generator[Server]:
    """Start the platform on a free port and wait until it is ready; `env` are settings, as KINETOSCOPE_….

    At the end everything is stopped, whatever the test has done to it.
    """
    server = _launch(data_dir, [*command, "--port", "0", *options], env)
    try:
        server.url = _wait_for_ready(server)
        yield server
    finally:
        print(server.log_file.read_text()[-_LOG_CHARACTERS:])  # noqa: T201 - shown where the test failed
        if server.process.poll() is None:
            server.stop()
        assert server.process.stdout is not None
        server.process.stdout.close()
        EmbeddedPostgres(data_dir).stop()


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended, and what it wrote."""

    returncode: int
    stdout: str
    stderr: str


class _Stream(io.TextIOWrapper):
    """Keeps what is written to it, as text or as bytes."""

    def __init__(self) -> None:
        self._written = io.BytesIO()
        super().__init__(self._written, "utf-8", write_through=True)

    def text(self) -> str:
        """Return all that was written."""
        return self._written.getvalue().decode()


def run_cli(*words: str, data_dir: Path | None = None, typed: str = "", **env: str) -> Done:
    """Run a command to its end inside this process, which saves the imports of a new one."""
    out, err = _Stream(), _Stream()
    with (
        patch.object(sys, "argv", ["kinetoscope", *words]),
        patch.object(sys, "stdin", io.StringIO(typed)),
        patch.dict(os.environ, _environment(data_dir, env), clear=True),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        code = _exit_code_of_main()
    return Done(code, out.text(), err.text())


def run_cli_process(*words: str, data_dir: Path | None = None, **env: str) -> Done:
    """Run a command to its end in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "kinetoscope", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=_environment(data_dir, {**_FREE_MEDIA_PORT, **env}),
    )
    return Done(done.returncode, done.stdout, done.stderr)


def seeded(data_dir: Path) -> Path:
    """Put an empty database into a data directory, by copying one: making it anew takes seconds."""
    copytree(_template() / "postgres", data_dir / "postgres", symlinks=True)
    return data_dir


@cache
def _template() -> Path:
    directory = Path(tempfile.mkdtemp(prefix="kinetoscope-template-"))
    atexit.register(rmtree, directory)
    server = EmbeddedPostgres(directory)
    server.start()
    server.stop()
    return directory


def _exit_code_of_main() -> int:
    try:
        main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def sql(data_dir: Path, statement: str) -> str:
    """Run a statement in the embedded database and return what it gives, unaligned."""
    words = ("-XqAt", "-v", "ON_ERROR_STOP=1", "-c", statement)
    done = subprocess.run(
        EmbeddedPostgres(data_dir).command("psql", *words), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def eventually(found: Callable[[], T | None], *, seconds: float = 20.0) -> T:
    """Return the first result that is not None or false; fail when there is none in time."""
    deadline = time.monotonic() + seconds
    while not (result := found()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(_STEP_SECONDS)
    return result


def _launch(data_dir: Path, words: Sequence[str], env: dict[str, str]) -> Server:
    data_dir.mkdir(parents=True, exist_ok=True)
    log_file = data_dir / "test.log"
    with log_file.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "kinetoscope", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=_environment(data_dir, {**_FREE_MEDIA_PORT, **env}),
            start_new_session=True,
        )
    lines: Queue[str] = Queue()
    threading.Thread(target=_read, args=(process, lines), daemon=True).start()
    return Server("", data_dir, process, log_file, lines)


def _read(process: "subprocess.Popen[str]", lines: "Queue[str]") -> None:
    assert process.stdout is not None
    try:
        for line in process.stdout:
            lines.put(line)
    except ValueError:
        pass  # closed at the end of the test


def _wait_for_ready(server: Server) -> str:
    deadline = time.monotonic() + START_SECONDS
    while server.process.poll() is None and time.monotonic() < deadline:
        try:
            line = server.lines.get(timeout=0.1)
        except Empty:
            continue
        if line.startswith(READY):
            return line.removeprefix(READY).strip()
    raise AssertionError(f"it did not become ready:\n{server.logs}")


def _environment(data_dir: Path | None, env: dict[str, str]) -> dict[str, str]:
    settings = {f"KINETOSCOPE_{name.upper()}": value for name, value in env.items()}
    settings.setdefault("KINETOSCOPE_MODELS_DIR", str(MODELS))
    if data_dir is not None:
        settings["KINETOSCOPE_DATA_DIR"] = str(data_dir)
    ours = {name: value for name, value in os.environ.items() if not name.startswith("KINETOSCOPE_")}
    return {**ours, "COLUMNS": "100", **settings}


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
