"""A worker process for a test to kill: it begins one job, says so, and never ends it."""

import asyncio
import sys

from kinetoscope.kernel.clock import system_clock
from kinetoscope.kernel.db import Database
from kinetoscope.kernel.jobs import Job
from kinetoscope.kernel.runner import Handler, Lane, Runner
from kinetoscope.worker import worker_name


async def _paint(_: Job) -> None:
    print("begun", flush=True)  # noqa: T201 - the test reads it
    await asyncio.Event().wait()


async def _main(dsn: str) -> None:
    db = Database(dsn)
    await db.open()
    lane = Lane("quick", {"paint": Handler(_paint)}, 1)
    await Runner(db, dsn=dsn, clock=system_clock, worker=worker_name(), lanes=[lane]).run()


asyncio.run(_main(sys.argv[1]))
