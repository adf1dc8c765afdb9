"""The job process: runs what the others have promised, and the regular duties."""

import asyncio
import os
import socket
import uuid
from contextlib import suppress

from .kernel import jobs
from .kernel.db import Database
from .kernel.runner import Runner, do_duties
from .media import Scratch
from .wiring import Platform


def worker_name() -> str:
    """Return what this worker's jobs are marked with: its machine and process."""
    return f"{_machine()}/{os.getpid()}"


async def run_worker(platform: Platform, *, dsn: str, stop: asyncio.Event) -> None:
    """Work on jobs and duties until `stop` is set, then end what is running and give back the rest."""
    await platform.open()
    await release_orphans(platform.db)
    scratch = platform.services[Scratch]
    assert isinstance(scratch, Scratch)
    scratch.clear()
    runner = Runner(platform.db, dsn=dsn, clock=platform.clock, worker=worker_name(), lanes=platform.lanes)
    duties = asyncio.create_task(do_duties(platform.db, platform.duties, clock=platform.clock))
    stopping = asyncio.create_task(stop.wait())
    stopping.add_done_callback(lambda _: runner.stop())
    try:
        await runner.run()
    finally:
        for task in (duties, stopping):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await platform.close()


async def release_orphans(db: Database) -> None:
    """Give back the jobs of workers of this machine that are gone, without waiting for their leases."""
    here = f"{_machine()}/"
    own = worker_name()  # a container that starts again has the same one
    async with db.transaction() as tx:
        names = [name for name in await jobs.working(tx) if name.startswith(here)]
        gone = [name for name in names if name == own or not _is_alive(name.removeprefix(here))]
        await jobs.release(tx, gone)


def _is_alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _machine() -> str:
    """Return what tells this machine from others: its name, and its network card's address."""
    return f"{socket.gethostname()}-{uuid.getnode():x}"
