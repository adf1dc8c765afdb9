"""`kinetoscope api`: one HTTP process."""

import logging
import socket

import typer
import uvicorn

from ..app import create_app
from ..http.protocol import HttpProtocol
from ..kernel.memory import settle_memory
from ..supervisor import CannotListen, address_of, listen
from ..wiring import Platform, build_platform
from .chosen import chosen_settings
from .failing import CommandFailed
from .lazy import new_command_app
from .options import DataDir, Host, Lifeline, ListenerFd, Port
from .processes import begin, keyring_of
from .serving import raise_descriptor_limit

DRAIN_SECONDS = 15
BACKLOG = 2048
# Longer than the minute for which reverse proxies keep their own connections.
KEEP_ALIVE_SECONDS = 75

app = new_command_app()


class _Server(uvicorn.Server):
    """Ends streams before it waits for what is in flight: each would hold it up to the last second."""

    def __init__(self, platform: Platform, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._platform = platform

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept nothing more, and let what was accepted end."""
        self._platform.end_streams()
        await super().shutdown(sockets)


@app.command(
    epilog="""Example, for a second machine that shares the database:

    KINETOSCOPE_DATABASE_URL=postgresql://… KINETOSCOPE_SECRET_KEY=… kinetoscope api --host 0.0.0.0"""
)
def api(
    host: Host = None,
    port: Port = None,
    data_dir: DataDir = None,
    fd: ListenerFd = None,
    lifeline: Lifeline = None,
) -> None:
    """Run one API process alone.

    Starts the embedded PostgreSQL if it does not run yet (and leaves it running), and brings the schema up to
    date. SIGTERM drains: accepted requests are still answered.
    """
    settings = chosen_settings(host=host, port=port, data_dir=data_dir)
    try:
        listener = listen(settings.host, settings.port) if fd is None else socket.socket(fileno=fd)
    except CannotListen as refusal:
        raise CommandFailed(str(refusal)) from refusal
    listener.set_inheritable(False)
    raise_descriptor_limit()
    dsn = begin(settings, lifeline=lifeline, patience_seconds=DRAIN_SECONDS + 5)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)  # its comings and goings are the supervisor's news
    if fd is None:
        typer.echo(f"The API listens on {address_of(listener)}")
    platform = build_platform(settings, dsn=dsn, keyring=keyring_of(settings))
    server = _Server(
        platform,
        uvicorn.Config(
            create_app(platform, settings),
            loop="uvloop",
            http=HttpProtocol,
            ws="none",
            lifespan="on",
            proxy_headers=False,
            server_header=False,
            access_log=False,
            log_config=None,
            backlog=BACKLOG,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=DRAIN_SECONDS,
        ),
    )
    settle_memory()
    server.run(sockets=[listener])
