"""Debian's coturn, which lets in whoever has credentials made with a shared secret."""

import shutil
import socket
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from support.server import eventually

PROGRAM = shutil.which("turnserver")
HERE = "127.0.0.1"


def free_port() -> int:
    """Return a port that nobody uses, for UDP as for TCP."""
    with socket.create_server((HERE, 0)) as probe:
        return probe.getsockname()[1]


@contextmanager
def coturn(folder: Path, *, port: int, secret: str) -> Generator[Path]:
    """Run it on the loopback until the block ends; gives the file that it logs to."""
    assert PROGRAM is not None
    log = folder / "turn.log"
    options = {
        "listening-ip": HERE,
        "relay-ip": _own_address(),
        "listening-port": port,
        "realm": "example.org",
        "static-auth-secret": secret,
        "userdb": folder / "turn.db",
        "pidfile": folder / "turn.pid",
        "log-file": log,
    }
    flags = [
        "use-auth-secret",
        "allow-loopback-peers",
        "no-cli",
        "no-tls",
        "no-dtls",
        "simple-log",
        "verbose",
    ]
    words = [*(f"--{name}={value}" for name, value in options.items()), *(f"--{flag}" for flag in flags)]
    with subprocess.Popen(
        [PROGRAM, "-n", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            eventually(lambda: _answers(port))
            yield log
        finally:
            process.kill()


def _own_address() -> str:
    """Return the address that the media server names by itself."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return HERE
        return probe.getsockname()[0]


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HERE, port)) == 0
