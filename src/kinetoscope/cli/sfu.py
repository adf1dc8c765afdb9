"""`kinetoscope sfu`: the media server alone."""

import asyncio
import contextlib
import errno
import logging
import os
import socket
import time
from urllib.parse import urlsplit

import typer
from uvicorn.loops.auto import auto_loop_factory

from kinetoscope_sfu.plane import LocalTransport, MediaSettings
from kinetoscope_sfu.signalling.api import App
from kinetoscope_sfu.signalling.ice_servers import Turn
from kinetoscope_sfu.signalling.process import ServerSettings, serve

from ..kernel.realtime import nth_port, own_app, own_secret_file
from ..kernel.settings import Settings
from ..kernel.telemetry import set_up_logging
from ..supervisor import CannotListen, hold_lifeline, listen
from .chosen import chosen_settings
from .failing import CommandFailed
from .lazy import new_command_app
from .options import DataDir, Lifeline, SfuNumber
from .serving import raise_descriptor_limit

PATIENCE_SECONDS = 5
_TAKEN_SECONDS = 3.0
_RETRY_SECONDS = 0.1

app = new_command_app()


@app.command(
    epilog="""Example, for a media server on a machine of its own:

    KINETOSCOPE_SFU_HOST=0.0.0.0 KINETOSCOPE_SFU_ANNOUNCE=203.0.113.7 kinetoscope sfu"""
)
def sfu(data_dir: DataDir = None, lifeline: Lifeline = None, number: SfuNumber = 0) -> None:
    """Run the media server alone.

    It serves the Connection API of Cloudflare Realtime: programs written for that run against it. The app's
    id and secret are made on first start and kept in the data directory. SIGTERM closes all connections.
    """
    settings = chosen_settings(data_dir=data_dir)
    set_up_logging(settings.log_level, settings.log_format)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    if lifeline is not None:
        hold_lifeline(lifeline, patience_seconds=PATIENCE_SECONDS)
    raise_descriptor_limit()
    try:
        own = own_app(settings, number)
    except ValueError as error:
        raise CommandFailed(str(error)) from error
    port = nth_port(settings.sfu_port, number)
    media = MediaSettings(port=port, announced=settings.sfu_announce)
    recordings = settings.data_dir / "recordings"
    server = ServerSettings(App(own.app_id, own.app_secret), media, _turn(settings), recordings)
    with contextlib.closing(_listener(settings, urlsplit(own.url).port or 0)) as listener:
        try:
            served = serve(listener, server, announce=lambda local: _announce(settings, own.url, local))
            with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
                runner.run(served)
        except OSError as error:
            raise CommandFailed(_explained(error, port)) from error


def _turn(settings: Settings) -> Turn:
    secret = settings.turn_secret
    return Turn(settings.turn_urls, secret.get_secret_value().encode()) if secret is not None else Turn()


def _listener(settings: Settings, port: int) -> socket.socket:
    """Return the socket of the API; one before that is just ending may hold it for a moment."""
    deadline = time.monotonic() + _TAKEN_SECONDS
    while True:
        try:
            listener = listen(settings.sfu_host, port)
        except CannotListen as refusal:
            if time.monotonic() > deadline:
                raise CommandFailed(
                    f"The media server cannot be called: {refusal} (KINETOSCOPE_SFU_HOST, "
                    "KINETOSCOPE_SFU_HTTP_PORT)"
                ) from refusal
        else:
            listener.set_inheritable(False)
            return listener
        time.sleep(_RETRY_SECONDS)


def _announce(settings: Settings, url: str, local: LocalTransport) -> None:
    where = ", ".join(f"{c.protocol}/{c.address}:{c.port}" for c in local.candidates)
    with contextlib.suppress(BrokenPipeError):  # nobody has to read it
        typer.echo(f"The media server listens on {url}")
        typer.echo(f"  Media   {where}")
        if settings.realtime_app_id is None:
            typer.echo(f"  Secret  in {own_secret_file(settings.data_dir)}")


def _explained(error: OSError, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} for media is already in use, by UDP or TCP. Stop what uses it, or "
            "choose another: KINETOSCOPE_SFU_PORT=7882, or 0 for any free one."
        )
    return f"Media cannot be received on port {port}: {os.strerror(error.errno or 0)}."
