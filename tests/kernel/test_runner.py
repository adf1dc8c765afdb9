"""The job runner: several of them, stopped, killed, and with the database away."""

import asyncio
import signal
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from kinetoscope.kernel import jobs, runner
from kinetoscope.kernel.db import Database, Tx
from kinetoscope.kernel.jobs import Job
from kinetoscope.kernel.migrate import migrate
from kinetoscope.kernel.runner import Duty, Handler, Lane, Runner, backoff, do_duties, storable_text
from kinetoscope.worker import release_orphans
from support.clock import FakeClock
from support.external_postgres import ExternalPostgres

_KILLED_WORKER = Path(__file__).parent / "killed_worker.py"

Do = Callable[[Job], Awaitable[None]]


class Studio:
    """Makes runners on one database, and remembers what they did."""

    def __init__(self, dsn: str, clock: FakeClock) -> None:
        self.dsn = dsn
        self.clock = clock
        self.done: list[int] = []
        self.given_up: list[str] = []
        self.begun = asyncio.Event()
        self.may_end = asyncio.Event()

    def runner(self, db: Database, do: Do, *, worker: str = "test/1", attempts: int = 8) -> Runner:
        lane = Lane("quick", {"paint": Handler(do, self.give_up, attempts=attempts)}, 8)
        return Runner(db, dsn=self.dsn, clock=self.clock, worker=worker, lanes=[lane])

    async def paint(self, job: Job) -> None:
        self.done.append(job.id)

    async def paint_slowly(self, job: Job) -> None:
        self.begun.set()
        await self.may_end.wait()
        self.done.append(job.id)

    async def spill(self, job: Job) -> None:
        self.done.append(job.id)
        raise OSError("the paint\0 is gone")

    async def give_up(self, _: Job, error: str) -> None:
        self.given_up.append(error)

    async def promise(self, tx: Tx, count: int = 1) -> None:
        await jobs.enqueue_many(tx, "paint", [{"colour": "red"}] * count, at=self.clock())


@pytest.fixture
def studio(dsn: str, clock: FakeClock) -> Studio:
    return Studio(dsn, clock)


@pytest.fixture
def never_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the idle look, only a notification brings a job to a runner."""
    monkeypatch.setattr(runner, "_IDLE_SECONDS", 3600)


@pytest.fixture
def quick_heart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "_HEARTBEAT_SECONDS", 0.02)


@asynccontextmanager
async def working(*runners: Runner, drain_seconds: float = 20) -> AsyncGenerator[None]:
    tasks = [asyncio.create_task(runner.run(drain_seconds=drain_seconds)) for runner in runners]
    try:
        yield
    finally:
        for each in runners:
            each.stop()
        await asyncio.gather(*tasks)


async def until(reached: Callable[[], Awaitable[bool]]) -> None:
    """Look until something outside of this process is so."""
    async with asyncio.timeout(30):
        while not await reached():  # noqa: ASYNC110 - another process tells no event
            await asyncio.sleep(0.01)


async def until_no_job(tx: Tx) -> None:
    async def none() -> bool:
        return await tx.fetch_value("SELECT count(*) FROM jobs") == 0

    await until(none)


async def until_listening(tx: Tx, count: int = 1) -> None:
    async def listening() -> bool:
        backends = "SELECT count(*) FROM pg_stat_activity WHERE query ILIKE 'LISTEN%' AND datname = $1"
        return await tx.fetch_value(backends, await tx.fetch_value("SELECT current_database()")) >= count

    await until(listening)


async def state_of(tx: Tx) -> tuple[str, int, str | None]:
    [job] = await jobs.list_jobs(tx, state=None, at_most=10)
    return job.state, job.attempts, job.last_error


async def test_four_runners_do_each_of_500_jobs_exactly_once(
    pools: list[Database], tx: Tx, studio: Studio
) -> None:
    runners = [studio.runner(pool, studio.paint, worker=str(n)) for n, pool in enumerate(pools)]
    async with working(*runners):
        await studio.promise(tx, 500)
        await until_no_job(tx)
    assert len(studio.done) == len(set(studio.done)) == 500


@pytest.mark.usefixtures("never_idle")
async def test_a_waiting_runner_is_woken_by_the_commit(db: Database, tx: Tx, studio: Studio) -> None:
    async with working(studio.runner(db, studio.paint)):
        await until_listening(tx)
        for _ in range(3):
            await studio.promise(tx)
            await until_no_job(tx)


@pytest.mark.usefixtures("never_idle")
async def test_what_a_stopped_runner_gives_back_wakes_another(
    pools: list[Database], tx: Tx, studio: Studio
) -> None:
    slow = studio.runner(pools[0], studio.paint_slowly, worker="slow")
    quick = studio.runner(pools[1], studio.paint, worker="quick")
    async with working(slow, drain_seconds=0):
        await studio.promise(tx)
        await studio.begun.wait()
        async with working(quick):
            await until_listening(tx, 2)
            slow.stop()
            await until_no_job(tx)


async def test_a_failed_job_is_tried_again_after_a_while(db: Database, tx: Tx, studio: Studio) -> None:
    worker = studio.runner(db, studio.spill)
    await studio.promise(tx)
    for attempt, wait in ((1, 2), (2, 4), (3, 8)):
        assert await worker.run_due() == 1
        assert await state_of(tx) == ("waiting", attempt, "OSError: the paint\ufffd is gone")
        studio.clock.advance(seconds=wait * 0.75)
        assert await worker.run_due() == 0
        studio.clock.advance(seconds=wait * 0.5)


def test_the_wait_doubles_up_to_ten_minutes_and_is_spread() -> None:
    for attempts, seconds in ((1, 2), (2, 4), (8, 256), (10, 600), (50, 600)):
        waits = {backoff(attempts).total_seconds() for _ in range(50)}
        assert len(waits) > 40
        assert all(seconds * 0.8 <= wait <= seconds * 1.2 for wait in waits)


async def test_a_job_is_given_up_once_after_its_last_attempt_and_can_be_revived(
    db: Database, tx: Tx, studio: Studio
) -> None:
    worker = studio.runner(db, studio.spill, attempts=3)
    await studio.promise(tx)
    for _ in range(6):
        await worker.run_due()
        studio.clock.advance(minutes=15)
    assert len(studio.done) == 3
    assert studio.given_up == ["OSError: the paint\ufffd is gone"]
    assert (await state_of(tx))[:2] == ("dead", 3)
    assert await jobs.retry_dead(tx, None, at=studio.clock()) == 1
    assert await studio.runner(db, studio.paint).run_due() == 1
    assert await jobs.list_jobs(tx, state=None, at_most=1) == []


async def test_a_job_is_dead_even_if_giving_it_up_fails(db: Database, tx: Tx, studio: Studio) -> None:
    async def fail(_: Job, __: str) -> None:
        raise ValueError("nobody to tell")

    lane = Lane("quick", {"paint": Handler(studio.spill, fail, attempts=1)}, 8)
    await studio.promise(tx)
    await Runner(db, dsn=studio.dsn, clock=studio.clock, worker="a", lanes=[lane]).run_due()
    assert (await state_of(tx))[0] == "dead"


async def test_a_job_that_kills_each_worker_is_given_up_without_another_try(
    db: Database, tx: Tx, studio: Studio
) -> None:
    await studio.promise(tx)
    await tx.execute(
        "UPDATE jobs SET state = 'running', worker = 'x', leased_until = '2020-01-01Z', attempts = 3"
    )
    assert await studio.runner(db, studio.paint, attempts=3).run_due() == 1
    assert studio.done == []
    state, _, error = await state_of(tx)
    assert (state, studio.given_up) == ("dead", [error])
    assert error == "WorkersDied: 3 workers ended in the middle"


@pytest.mark.usefixtures("quick_heart")
async def test_a_worker_leaves_a_job_that_was_given_to_another(db: Database, tx: Tx, studio: Studio) -> None:
    left = asyncio.Event()

    async def paint(_: Job) -> None:
        studio.begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            left.set()

    async with working(studio.runner(db, paint)):
        await studio.promise(tx)
        await studio.begun.wait()
        await tx.execute("UPDATE jobs SET worker = 'another'")
        async with asyncio.timeout(10):
            await left.wait()
    assert (await state_of(tx))[:2] == ("running", 1)


async def test_a_stop_lets_running_jobs_end_and_begins_no_other(db: Database, tx: Tx, studio: Studio) -> None:
    worker = studio.runner(db, studio.paint_slowly)
    async with working(worker):
        await studio.promise(tx)
        await studio.begun.wait()
        worker.stop()
        await studio.promise(tx)
        studio.may_end.set()
    assert len(studio.done) == 1
    assert (await state_of(tx))[:2] == ("waiting", 0)


async def test_what_does_not_end_in_time_is_given_back_uncounted(
    db: Database, tx: Tx, studio: Studio
) -> None:
    async with working(studio.runner(db, studio.paint_slowly), drain_seconds=0.01):
        await studio.promise(tx)
        await studio.begun.wait()
    assert (await state_of(tx))[:2] == ("waiting", 0)


async def test_a_stop_in_the_middle_of_a_claim_loses_no_job(db: Database, tx: Tx, studio: Studio) -> None:
    await studio.promise(tx, 50)
    for turn in range(20):
        async with working(studio.runner(db, studio.paint_slowly), drain_seconds=0):
            await asyncio.sleep(0.001 * turn)
    assert await jobs.count_jobs(tx) == {("paint", "waiting"): 50}
    assert {job.attempts for job in await jobs.list_jobs(tx, state=None, at_most=50)} == {0}


@pytest.mark.usefixtures("quick_heart")
async def test_leases_are_extended_while_jobs_drain(db: Database, tx: Tx, studio: Studio) -> None:
    worker = studio.runner(db, studio.paint_slowly)
    async with working(worker):
        await studio.promise(tx)
        await studio.begun.wait()
        worker.stop()
        studio.clock.advance(seconds=25)

        async def extended() -> bool:
            last = await tx.fetch_value("SELECT leased_until FROM jobs")
            return last == studio.clock() + jobs.LEASE

        await until(extended)
        studio.may_end.set()


async def test_a_job_of_a_killed_process_is_done_by_another(db: Database, tx: Tx, studio: Studio) -> None:
    await studio.promise(tx)
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(_KILLED_WORKER), studio.dsn, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"begun\n"
    process.send_signal(signal.SIGKILL)
    await process.wait()
    worker = studio.runner(db, studio.paint)
    assert await worker.run_due() == 0
    studio.clock.advance(seconds=jobs.LEASE.total_seconds() + 5)
    assert await worker.run_due() == 1
    await until_no_job(tx)


async def test_a_dead_worker_of_this_machine_is_not_waited_for(db: Database, tx: Tx, studio: Studio) -> None:
    await studio.promise(tx)
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(_KILLED_WORKER), studio.dsn, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    await process.stdout.readline()
    await release_orphans(db)
    assert (await state_of(tx))[0] == "running"
    process.kill()
    await process.wait()
    await release_orphans(db)
    assert (await state_of(tx))[:2] == ("waiting", 1)


@pytest.mark.usefixtures("never_idle")
async def test_a_runner_goes_on_when_its_connections_are_cut(
    db: Database, pools: list[Database], tx: Tx, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "_LISTEN_RETRY_SECONDS", 0.01)
    async with working(studio.runner(pools[0], studio.paint)):
        for _ in range(3):
            await until_listening(tx)
            cut = """
                SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
                 WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
            """
            await tx.execute(cut)
            await studio.promise(tx)
            await until_no_job(tx)
    assert len(studio.done) == 3


@pytest.mark.usefixtures("quick_heart")
async def test_a_job_that_outlasts_an_outage_is_neither_lost_nor_begun_twice(
    server: ExternalPostgres, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "_LISTEN_RETRY_SECONDS", 0.01)
    monkeypatch.setattr(runner, "_IDLE_SECONDS", 0.02)
    await migrate(server.dsn)
    studio, db = Studio(server.dsn, clock), Database(server.dsn)
    await db.open()
    async with working(studio.runner(db, studio.paint_slowly)):
        async with db.transaction() as tx:
            await studio.promise(tx)
        await studio.begun.wait()
        await asyncio.to_thread(server.stop)
        studio.begun.clear()
        clock.advance(seconds=jobs.LEASE.total_seconds() + 60)
        await asyncio.to_thread(server.start)
        async with db.read() as tx:
            await until_listening(tx)
        studio.may_end.set()
        async with db.read() as tx:
            await until_no_job(tx)
    await db.close()
    assert (len(studio.done), studio.begun.is_set()) == (1, False)


async def test_slow_work_does_not_hold_up_quick_work(db: Database, tx: Tx, studio: Studio) -> None:
    async def film(_: Job) -> None:
        await studio.may_end.wait()

    lanes = [
        Lane("slow", {"film": Handler(film)}, 1),
        Lane("quick", {"paint": Handler(studio.paint)}, 2),
    ]
    worker = Runner(db, dsn=studio.dsn, clock=studio.clock, worker="a", lanes=lanes)
    async with working(worker):
        await jobs.enqueue_many(tx, "film", [{}, {}, {}], at=studio.clock())
        await studio.promise(tx, 20)

        async def painted() -> bool:
            return len(studio.done) == 20

        await until(painted)
        counts = await jobs.count_jobs(tx)
        assert (counts["film", "running"], counts["film", "waiting"]) == (1, 2)
        studio.may_end.set()


async def test_each_duty_is_done_once_an_interval_and_a_failing_one_stops_no_other(
    pools: list[Database], clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "_IDLE_SECONDS", 0.01)
    done: list[str] = []

    async def fail() -> None:
        done.append("fail")
        raise ValueError("broken broom")

    async def sweep() -> None:
        done.append("sweep")

    duties = [Duty("fail", timedelta(minutes=1), fail), Duty("sweep", timedelta(minutes=1), sweep)]
    tasks = [asyncio.create_task(do_duties(pool, duties, clock=clock)) for pool in pools]

    async def done_times(count: int) -> None:
        async def enough() -> bool:
            return len(done) >= 2 * count

        await until(enough)

    await done_times(1)
    clock.advance(seconds=30)
    await asyncio.sleep(0.1)  # whatever is done now is done too often
    clock.advance(seconds=30)
    await done_times(2)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert sorted(done) == ["fail", "fail", "sweep", "sweep"]


def test_an_error_is_kept_whatever_characters_it_has() -> None:
    assert storable_text("half \ud800 a pair\0") == "half ? a pair\ufffd"
