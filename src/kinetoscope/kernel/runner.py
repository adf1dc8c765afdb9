"""The job runner: claims jobs, runs their handlers, and never loses one."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import asyncpg

from . import jobs
from .clock import Clock
from .coalesce import Coalesced
from .db import LOST, Database, Record
from .errors import DatabaseUnavailable
from .jobs import Job
from .telemetry import JOBS_DONE

log = logging.getLogger(__name__)

_HEARTBEAT_SECONDS = 10.0
_IDLE_SECONDS = 5.0
_LISTEN_RETRY_SECONDS = 1.0
_LONGEST_BACKOFF_SECONDS = 600.0
_ERROR_LENGTH = 2000


@dataclass(frozen=True, slots=True)
class Handler:
    """How jobs of one kind are done.

    `run` does the work and may be called again for the same job. `give_up` is told, once all
    `attempts` have failed, so that nothing waits for the job for ever.
    """

    run: Callable[[Job], Awaitable[None]]
    give_up: Callable[[Job, str], Awaitable[None]] | None = None
    attempts: int = 8


@dataclass(frozen=True, slots=True)
class Lane:
    """Kinds of jobs that share their places: slow work does not hold up quick work."""

    name: str
    handlers: Mapping[str, Handler]
    places: int


@dataclass(frozen=True, slots=True)
class Duty:
    """Something to be done regularly, by one process of all."""

    name: str
    every: timedelta
    run: Callable[[], Awaitable[None]]


def backoff(attempts: int) -> timedelta:
    """Return how long to wait after this many failures: 2, 4, 8 … seconds, at most ten minutes, ±20 %."""
    seconds = min(2.0**attempts, _LONGEST_BACKOFF_SECONDS)
    return timedelta(seconds=seconds * random.uniform(0.8, 1.2))


class Runner:
    """Works on all lanes until `stop`; what is left then is given back."""

    def __init__(self, db: Database, *, dsn: str, clock: Clock, worker: str, lanes: Sequence[Lane]) -> None:
        self._db = db
        self._dsn = dsn
        self._clock = clock
        self._worker = worker
        self._lanes = lanes
        self._running: dict[str, dict[int, asyncio.Task[None]]] = {lane.name: {} for lane in lanes}
        self._wake = {lane.name: asyncio.Event() for lane in lanes}
        self._stopping = False
        self._finished = Coalesced[int, bool](self._remove)

    async def run(self, *, drain_seconds: float = 20.0) -> None:
        """Work until `stop` is called, then let running jobs end for `drain_seconds`."""
        working = asyncio.gather(*(self._work(lane) for lane in self._lanes))
        # The heartbeat goes on while the jobs drain: their leases must not end before they do.
        background = [asyncio.create_task(self._listen()), asyncio.create_task(self._heartbeat())]
        try:
            done, _ = await asyncio.wait([working, *background], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()  # before `stop`, each ends only by a bug: let it be seen
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            await self._drain(drain_seconds)
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)

    def stop(self) -> None:
        """Take no further job; `run` returns soon."""
        self._stopping = True
        self._wake_all()

    async def run_due(self) -> int:
        """Do what is due now and return how much that was, without listening for more."""
        done = 0
        for lane in self._lanes:
            claimed = await self._claim(lane, lane.places)
            await asyncio.gather(*(self._do(lane, job) for job in claimed))
            done += len(claimed)
        return done

    async def _work(self, lane: Lane) -> None:
        running, wake = self._running[lane.name], self._wake[lane.name]
        # Not cancelled at the end but asked: cancelled while it claims, it would lose what it claimed.
        while not self._stopping:
            wake.clear()
            free = lane.places - len(running)
            for job in await self._claim(lane, free) if free else ():
                task = asyncio.create_task(self._do(lane, job))
                running[job.id] = task
                task.add_done_callback(partial(self._ended, lane, job))
            # Either all places are taken or nothing more was due: whatever changes that wakes the lane.
            with suppress(TimeoutError):
                await asyncio.wait_for(wake.wait(), _IDLE_SECONDS)

    def _ended(self, lane: Lane, job: Job, task: asyncio.Task[None]) -> None:
        del self._running[lane.name][job.id]
        self._wake[lane.name].set()
        if not task.cancelled() and (error := task.exception()):
            log.error("a job waits for its lease to end", exc_info=error, extra={"job": job.id})

    async def _claim(self, lane: Lane, free: int) -> list[Job]:
        try:
            async with self._db.read() as tx:
                return await jobs.claim(
                    tx,
                    list(lane.handlers),
                    worker=self._worker,
                    at_most=free,
                    but_not=list(self._running[lane.name]),
                    at=self._clock(),
                )
        except DatabaseUnavailable:
            log.warning("jobs wait: the database is away")
            return []

    async def _do(self, lane: Lane, job: Job) -> None:
        handler = lane.handlers[job.kind]
        if job.attempts > handler.attempts:
            await self._failed(handler, job, _WorkersDied(f"{handler.attempts} workers ended in the middle"))
            return
        try:
            await handler.run(job)
        except Exception as error:  # noqa: BLE001 - whatever a handler raises, its job must not be lost
            await self._failed(handler, job, error)
        else:
            JOBS_DONE.labels(job.kind, "done").inc()
            with suppress(DatabaseUnavailable):  # then its lease ends, and it is done once more
                await self._finished.get(job.id)

    async def _failed(self, handler: Handler, job: Job, error: Exception) -> None:
        text = storable_text(f"{type(error).__name__.lstrip('_')}: {error}")
        final = job.attempts >= handler.attempts
        JOBS_DONE.labels(job.kind, "dead" if final else "failed").inc()
        log.warning(
            "job failed",
            extra={"job": job.id, "kind": job.kind, "attempt": job.attempts, "error": text},
            exc_info=error if final else None,
        )
        try:
            if final:
                await _give_up(handler, job, text)
            async with self._db.transaction() as tx:
                if final:
                    await jobs.bury(tx, job, worker=self._worker, error=text)
                else:
                    again = self._clock() + backoff(job.attempts)
                    await jobs.put_back(tx, job, worker=self._worker, error=text, at=again)
        except DatabaseUnavailable:
            log.warning("a failed job waits for its lease to end", extra={"job": job.id})

    async def _remove(self, ids: Sequence[int]) -> dict[int, bool]:
        async with self._db.read() as tx:
            await jobs.finish(tx, ids, worker=self._worker)
        return {}

    async def _heartbeat(self) -> None:
        while True:
            await asyncio.sleep(_HEARTBEAT_SECONDS)
            tasks = {job: task for lane in self._running.values() for job, task in lane.items()}
            if not tasks:
                continue
            with suppress(DatabaseUnavailable):
                async with self._db.read() as tx:
                    kept = await jobs.extend_leases(tx, list(tasks), worker=self._worker, at=self._clock())
                for lost in set(tasks) - kept:
                    tasks[lost].cancel()  # it was given to another worker: two must not go on

    async def _listen(self) -> None:
        """Hold the one connection on which PostgreSQL says that there are new jobs."""
        while True:
            try:
                await self._listen_until_lost()
            except LOST:
                await asyncio.sleep(_LISTEN_RETRY_SECONDS)

    async def _listen_until_lost(self) -> None:
        lost = asyncio.Event()
        connection: asyncpg.Connection[Record] = await asyncpg.connect(self._dsn)
        try:
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(jobs.CHANNEL, self._wake_all)
            self._wake_all()  # what was promised while nobody listened
            await lost.wait()
        finally:
            connection.terminate()

    def _wake_all(self, *_: object) -> None:
        for wake in self._wake.values():
            wake.set()

    async def _drain(self, seconds: float) -> None:
        tasks = {job: task for lane in self._running.values() for job, task in lane.items()}
        if not tasks:
            return
        _, late = await asyncio.wait(tasks.values(), timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        with suppress(DatabaseUnavailable):
            async with self._db.read() as tx:
                left = [job for job, task in tasks.items() if task in late]
                await jobs.interrupted(tx, left, worker=self._worker)


class _WorkersDied(Exception):  # noqa: N818 - operators read it as the job's error
    """A job took its worker with it at each attempt, so no attempt ever failed."""


async def _give_up(handler: Handler, job: Job, text: str) -> None:
    if handler.give_up is None:
        return
    try:
        await handler.give_up(job, text)
    except DatabaseUnavailable:
        raise
    except Exception:  # the job must be seen as dead all the same, not be tried for ever
        log.exception("giving up failed", extra={"job": job.id, "kind": job.kind})


def storable_text(text: str) -> str:
    """Return what PostgreSQL can keep of an error's text: no NUL, no half of a surrogate pair."""
    return text[:_ERROR_LENGTH].replace("\0", "\ufffd").encode(errors="replace").decode()


async def do_duties(db: Database, duties: Sequence[Duty], *, clock: Clock) -> None:
    """Run what is due, for ever; of all processes that do this, one runs each duty at its time."""
    while True:
        for duty in duties:
            await _do_if_due(db, duty, clock)
        await asyncio.sleep(_IDLE_SECONDS)


async def _do_if_due(db: Database, duty: Duty, clock: Clock) -> None:
    try:
        async with db.transaction() as tx:
            due = await jobs.due_now(tx, duty.name, every=duty.every, at=clock())
        if due:
            await duty.run()
    except DatabaseUnavailable:
        log.warning("duty waits: the database is away", extra={"duty": duty.name})
    except Exception:  # one failing duty must not stop the others; the next interval tries again
        log.exception("duty failed", extra={"duty": duty.name})
