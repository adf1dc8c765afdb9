"""`kinetoscope worker`: one job process."""

import asyncio
import signal

from ..kernel.settings import Settings
from ..wiring import build_platform
from ..worker import run_worker
from .chosen import chosen_settings
from .lazy import new_command_app
from .options import DataDir, Lifeline
from .processes import begin, keyring_of
from .reaching import explained_failures

PATIENCE_SECONDS = 28

app = new_command_app()


@app.command(
    epilog="""Example, for a machine of its own that only processes videos:

    KINETOSCOPE_DATABASE_URL=postgresql://… KINETOSCOPE_SECRET_KEY=… kinetoscope worker"""
)
def worker(data_dir: DataDir = None, lifeline: Lifeline = None) -> None:
    """Run one job worker alone.

    It processes uploaded videos and does everything else that happens in the background. Any number may run.
    SIGTERM lets running jobs end for some seconds, then gives the rest back; none is lost.
    """
    settings = chosen_settings(data_dir=data_dir)
    dsn = begin(settings, lifeline=lifeline, patience_seconds=PATIENCE_SECONDS)
    with explained_failures(dsn):
        asyncio.run(_work(settings, dsn))


async def _work(settings: Settings, dsn: str) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    platform = build_platform(settings, dsn=dsn, keyring=keyring_of(settings))
    await run_worker(platform, dsn=dsn, stop=stop)
