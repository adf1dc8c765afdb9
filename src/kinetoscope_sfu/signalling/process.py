"""The server as one process: the media plane, the API on a listening socket, and the sweep of each second."""

import asyncio
import errno
import signal
import socket
import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from ..media import MediaPlane
from ..plane import LocalTransport, MediaSettings
from ..server import open_plane
from .api import App, ConnectionApi
from .ice_servers import IceServerList, Turn
from .recordings import Recordings
from .sessions import Sessions
from .stun_port import open_stun_port

SWEEP_SECONDS = 1.0
DRAIN_SECONDS = 2
_KEEP_ALIVE_SECONDS = 75
_TAKEN_SECONDS = 3.0
_RETRY_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """What the server is: its app, where its media is received, and the TURN servers it gives out.

    `recordings` is the folder for what is recorded.
    """

    app: App
    media: MediaSettings
    turn: Turn
    recordings: Path


class _Server(uvicorn.Server):
    """Leaves signals to us: after its own end we have goodbyes to say."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Capture none."""
        yield


async def serve(
    listener: socket.socket, settings: ServerSettings, *, announce: Callable[[LocalTransport], None]
) -> None:
    """Serve until SIGTERM or SIGINT; `announce` is called once media can come.

    Raises OSError where the media port is taken, also after a moment in which one before may have ended.
    """
    async with _opened(settings.media) as plane, open_stun_port(_port_of(plane)) as stun_port:
        sessions = Sessions(plane, now=time.monotonic)
        ice_servers = IceServerList(plane.local, settings.turn, unix_now=time.time, stun_port=stun_port)
        recordings = Recordings(plane, settings.recordings)
        server = _Server(_config(ConnectionApi(settings.app, sessions, ice_servers, recordings)))
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, _stop, server)
        sweeping = asyncio.create_task(_sweep(sessions))
        announce(plane.local())
        try:
            await server.serve(sockets=[listener])
        finally:
            sweeping.cancel()
            with suppress(asyncio.CancelledError):
                await sweeping


def _port_of(plane: MediaPlane) -> int:
    return next((c.port for c in plane.local().candidates), 0)


@asynccontextmanager
async def _opened(settings: MediaSettings) -> AsyncGenerator[MediaPlane]:
    deadline = time.monotonic() + _TAKEN_SECONDS
    async with AsyncExitStack() as stack:
        while True:
            try:
                plane = await stack.enter_async_context(open_plane(settings))
                break
            except OSError as error:
                if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                    raise
            await asyncio.sleep(_RETRY_SECONDS)
        yield plane


def _config(api: ConnectionApi) -> uvicorn.Config:
    return uvicorn.Config(
        api,
        http="httptools",
        ws="none",
        lifespan="off",
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )


def _stop(server: uvicorn.Server) -> None:
    server.should_exit = True


async def _sweep(sessions: Sessions) -> None:
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        sessions.sweep()
