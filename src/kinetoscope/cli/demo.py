"""`kinetoscope demo`: all of it, with something to look at."""

import os

import typer

from ..supervisor import Program
from .lazy import new_command_app
from .options import Clips, DataDir, Host, Port
from .serving import serve_until_stopped

LOG_NAME = "demo.log"

app = new_command_app()


@app.command(
    epilog="""Example:

    kinetoscope demo --port 8080 --data-dir /tmp/look-at-it"""
)
def demo(host: Host = None, port: Port = None, data_dir: DataDir = None, clips: Clips = None) -> None:
    """Start everything with a small sample library to look at.

    A dozen short clips are rendered on the spot and uploaded as any client would. Then the terminal shows
    where to look, a ready account, and two commands to try. Ctrl-C stops all of it; a second start keeps
    the data.
    """
    os.environ.setdefault("KINETOSCOPE_LOG_LEVEL", "warning")  # the terminal is for the newcomer
    typer.echo("Starting Kinetoscope … the first start makes the database, which takes some seconds.")
    words = ["demo-fill"] if clips is None else ["demo-fill", f"--clips={clips}"]
    serve_until_stopped(
        host=host,
        port=port,
        data_dir=data_dir,
        workers=None,
        once_ready=Program("library", words, calls=True, speaks=True),
        log_name=LOG_NAME,
    )
