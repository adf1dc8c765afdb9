"""`kinetoscope demo-fill`: what `demo` starts when the platform is ready. Not for people."""

import signal
import sys
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console

from ..demo import (
    BarProgress,
    DemoAccount,
    DemoClient,
    FillingFailed,
    LineProgress,
    demo_password,
    fill,
    show_welcome,
)
from ..media.samples import SAMPLES
from ..supervisor import hold_lifeline
from .chosen import chosen_settings
from .failing import CommandFailed
from .lazy import new_command_app
from .options import Clips, Lifeline

app = new_command_app()


@app.command()
def demo_fill(
    address: Annotated[str, typer.Option("--address", help="Where the platform answers.")],
    clips: Clips = None,
    lifeline: Lifeline = None,
) -> None:
    """Fill a running platform with the sample library, and say what to try."""
    signal.signal(signal.SIGTERM, _end)  # an orderly end, so that the terminal gets its cursor back
    if lifeline is not None:
        hold_lifeline(lifeline, patience_seconds=5)
    settings = chosen_settings()
    console = Console(highlight=False)
    account = DemoAccount.load(settings.data_dir, password=demo_password(settings.host))
    progress = BarProgress(console) if console.is_terminal else LineProgress(console)
    try:
        with DemoClient(address, account) as client:
            fill(client, account, progress, SAMPLES[:clips])
            show_welcome(console, address, account, client)
    except FillingFailed as failure:
        raise CommandFailed(str(failure)) from failure


def _end(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)
