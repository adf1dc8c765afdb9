"""How many jobs a second are promised and done, with handlers that do nothing.

    python -m benchmarks.jobs [JOBS]

Everything runs on an embedded PostgreSQL of its own, with the durability that `serve` has.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import uvloop

from kinetoscope.kernel import jobs
from kinetoscope.kernel.clock import system_clock
from kinetoscope.kernel.db import Database
from kinetoscope.kernel.embedded_postgres import EmbeddedPostgres
from kinetoscope.kernel.jobs import Job
from kinetoscope.kernel.migrate import migrate
from kinetoscope.kernel.runner import Handler, Lane, Runner

KIND = "nothing"
BATCH = 500


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    with tempfile.TemporaryDirectory() as folder:
        postgres = EmbeddedPostgres(Path(folder))
        postgres.start()
        try:
            uvloop.run(_measure(postgres.dsn, count))
        finally:
            postgres.stop()


async def _measure(dsn: str, count: int) -> None:
    await migrate(dsn)
    db = Database(dsn)
    await db.open()
    _print("promised one by one, 8 at a time", count // 4, await _promise(db, count // 4, batch=1))
    _print(f"claimed and finished in batches of {BATCH}", count // 4, await _drain_in_batches(db))
    _print(f"promised in batches of {BATCH}", count, await _promise(db, count, batch=BATCH))
    _print("done by one runner with 8 places", count, await _work(db, dsn, count, places=8))
    for places in (64, 256):
        await _promise(db, count, batch=BATCH)
        _print(f"done by one runner with {places} places", count, await _work(db, dsn, count, places=places))
    print(
        f"from a commit to the start of its job: {await _wake_milliseconds(db, dsn):.2f} ms (median of 200)"
    )
    await db.close()


async def _promise(db: Database, count: int, *, batch: int) -> float:
    async def promise(share: int) -> None:
        for _ in range(share // batch):
            async with db.transaction() as tx:
                await jobs.enqueue_many(tx, KIND, [{"n": 1}] * batch, at=system_clock())

    started = time.perf_counter()
    writers = 8 if batch == 1 else 1
    await asyncio.gather(*(promise(count // writers) for _ in range(writers)))
    return time.perf_counter() - started


async def _drain_in_batches(db: Database) -> float:
    started = time.perf_counter()
    while True:
        async with db.read() as tx:
            claimed = await jobs.claim(tx, [KIND], worker="bench", at_most=BATCH, at=system_clock())
            if not claimed:
                return time.perf_counter() - started
            await jobs.finish(tx, [job.id for job in claimed], worker="bench")


async def _work(db: Database, dsn: str, count: int, *, places: int) -> float:
    done, all_done = 0, asyncio.Event()

    async def nothing(_: Job) -> None:
        nonlocal done
        done += 1
        if done == count:
            all_done.set()

    runner = _runner(db, dsn, nothing, places=places)
    started = time.perf_counter()
    work = asyncio.create_task(runner.run())
    await all_done.wait()
    runner.stop()
    await work
    return time.perf_counter() - started


async def _wake_milliseconds(db: Database, dsn: str) -> float:
    begun = asyncio.Event()

    async def note(_: Job) -> None:
        begun.set()

    runner = _runner(db, dsn, note, places=8)
    work = asyncio.create_task(runner.run())
    times: list[float] = []
    for _ in range(200):
        begun.clear()
        async with db.transaction() as tx:
            await jobs.enqueue(tx, KIND, {}, at=system_clock())
        committed = time.perf_counter()
        await begun.wait()
        times.append(time.perf_counter() - committed)
    runner.stop()
    await work
    return _median(times) * 1000


def _runner(db: Database, dsn: str, run: Callable[[Job], Awaitable[None]], *, places: int) -> Runner:
    lane = Lane("quick", {KIND: Handler(run)}, places)
    return Runner(db, dsn=dsn, clock=system_clock, worker="bench", lanes=[lane])


def _median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2]


def _print(what: str, count: int, seconds: float) -> None:
    print(f"{what}: {count / seconds:,.0f} jobs/s")


if __name__ == "__main__":
    main()
