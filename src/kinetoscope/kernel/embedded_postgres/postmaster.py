"""The running server as its `postmaster.pid` describes it, checked against the real process."""

import os
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROCESSES = Path("/proc")
# Lines of postmaster.pid, from 0 (PostgreSQL's src/include/utils/pidfile.h).
PID_LINE, SOCKET_LINE, STATUS_LINE = 0, 4, 7


@dataclass(frozen=True, slots=True)
class Postmaster:
    """A live server process, its socket's directory once it has one, and whether it answers."""

    pid: int
    socket_directory: Path | None
    is_ready: bool


def find_postmaster(data: Path) -> Postmaster | None:
    """Return the server that lives on this data directory, or None."""
    lines = _pid_file_lines(data)
    # A minus marks a single-user server: alive as well, and never ready.
    written = lines[PID_LINE].strip().removeprefix("-") if lines else ""
    pid = int(written) if written.isdecimal() else 0
    if pid == 0 or not is_server_of(data, pid):
        return None
    socket = lines[SOCKET_LINE] if len(lines) > SOCKET_LINE else ""
    status = lines[STATUS_LINE].strip() if len(lines) > STATUS_LINE else ""
    return Postmaster(pid, Path(socket) if socket else None, is_ready=status == "ready")


def is_server_of(data: Path, pid: int) -> bool:
    """Tell whether the process lives and is a server on this data directory.

    A pid alone proves nothing: after a crash or in a new container it belongs to somebody else.
    A server's working directory is its data directory, before it writes its pid down.
    """
    process = PROCESSES / str(pid)
    if PROCESSES.joinpath("self").exists():
        try:
            if (process / "comm").read_text().strip() != "postgres":
                return False
            _reap(pid)
            return (process / "cwd").samefile(data)
        except OSError:  # gone, a zombie, or a process of another user
            return False
    listed = subprocess.run(  # systems without /proc, such as macOS
        ["/bin/ps", "-p", str(pid), "-o", "stat=,comm="], capture_output=True, text=True, check=False
    )
    return "postgres" in listed.stdout and not listed.stdout.startswith("Z")


def kill_orphans(data: Path) -> None:
    """End what is left of a server whose first process is known to be dead.

    Its back ends notice at their next wait, but one in the middle of a long query works on, and no
    new server may start before. Killing them is what recovery is made for.
    """
    for process in PROCESSES.glob("[0-9]*"):
        if is_server_of(data, int(process.name)):
            with suppress(ProcessLookupError):
                os.kill(int(process.name), signal.SIGKILL)


def discard_stale_pids(data: Path, socket_lock: Path) -> None:
    """Remove the lock files of a server that is known to be dead.

    PostgreSQL only asks whether some process has the pid written there, and gives up when one has.
    """
    for stale in (data / "postmaster.pid", socket_lock):
        stale.unlink(missing_ok=True)


def _pid_file_lines(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text(errors="replace").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return []


def _reap(pid: int) -> None:
    # A dead child stays a zombie, and to PostgreSQL a zombie's pid is a running server.
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
