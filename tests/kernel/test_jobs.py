"""The job table: what is promised, claimed, finished, given back and given up."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from kinetoscope.kernel import jobs
from kinetoscope.kernel.db import Database, Tx
from kinetoscope.kernel.jobs import LEASE, Job
from support.clock import FakeClock

_OVER = {"seconds": LEASE.total_seconds() + 1}


async def claim(tx: Tx, clock: FakeClock, *, worker: str = "a", at_most: int = 10) -> list[Job]:
    return await jobs.claim(tx, ["paint"], worker=worker, at_most=at_most, at=clock())


async def numbers(tx: Tx) -> list[Any]:
    return [job.payload["n"] for job in await jobs.list_jobs(tx, state=None, at_most=1000)]


async def promise(tx: Tx, clock: FakeClock, count: int = 1) -> None:
    await jobs.enqueue_many(tx, "paint", [{"n": n} for n in range(count)], at=clock())


async def test_a_job_exists_if_and_only_if_its_transaction_commits(
    db: Database, tx: Tx, clock: FakeClock
) -> None:
    with suppress(ZeroDivisionError):
        async with db.transaction() as doomed:
            await jobs.enqueue(doomed, "paint", {"n": 0}, at=clock())
            raise ZeroDivisionError
    assert await numbers(tx) == []
    async with db.transaction() as good:
        await jobs.enqueue(good, "paint", {"n": 1}, at=clock())
        assert await numbers(tx) == []
    assert await numbers(tx) == [1]


async def test_racing_workers_never_claim_the_same_job(
    pools: list[Database], tx: Tx, clock: FakeClock
) -> None:
    await promise(tx, clock, 200)

    async def all_of(pool: Database, worker: str) -> list[int]:
        mine: list[int] = []
        async with pool.read() as own:
            while claimed := await claim(own, clock, worker=worker, at_most=7):
                mine += [job.id for job in claimed]
        return mine

    shares = await asyncio.gather(*(all_of(pool, str(n)) for n, pool in enumerate(pools * 3)))
    taken = [job for share in shares for job in share]
    assert len(taken) == len(set(taken)) == 200


async def test_the_oldest_jobs_of_the_asked_kinds_come_first(tx: Tx, clock: FakeClock) -> None:
    for n, age in enumerate([1, 3, 2, -5]):
        await jobs.enqueue(tx, "paint", {"n": n}, at=clock() - timedelta(seconds=age))
    await jobs.enqueue(tx, "sing", {"n": 9}, at=clock())
    first, second = await claim(tx, clock, at_most=1), await claim(tx, clock)
    assert [job.payload["n"] for job in first] == [1]
    assert {job.payload["n"] for job in second} == {0, 2}
    clock.advance(seconds=5)
    assert [job.payload["n"] for job in await claim(tx, clock)] == [3]


async def test_a_job_whose_lease_has_ended_goes_to_another_worker(tx: Tx, clock: FakeClock) -> None:
    await promise(tx, clock)
    [first] = await claim(tx, clock, worker="a")
    clock.advance(seconds=LEASE.total_seconds() - 1)
    assert await claim(tx, clock, worker="b") == []
    clock.advance(seconds=2)
    [second] = await claim(tx, clock, worker="b")
    assert (second.id, second.attempts) == (first.id, 2)


async def test_a_worker_that_lost_its_job_can_no_longer_end_it(tx: Tx, clock: FakeClock) -> None:
    await promise(tx, clock)
    [job] = await claim(tx, clock, worker="a")
    clock.advance(**_OVER)
    await claim(tx, clock, worker="b")
    assert await jobs.finish(tx, [job.id], worker="a") == 0
    await jobs.put_back(tx, job, worker="a", error="late", at=clock())
    await jobs.bury(tx, job, worker="a", error="late")
    assert await jobs.interrupted(tx, [job.id], worker="a") == 0
    assert await jobs.extend_leases(tx, [job.id], worker="a", at=clock()) == set()
    [shown] = await jobs.list_jobs(tx, state="running", at_most=1)
    assert (shown.worker, shown.last_error) == ("b", None)
    assert await jobs.finish(tx, [job.id], worker="b") == 1


async def test_a_worker_does_not_begin_again_what_it_is_doing(tx: Tx, clock: FakeClock) -> None:
    await promise(tx, clock)
    [job] = await claim(tx, clock)
    clock.advance(**_OVER)
    assert await jobs.claim(tx, ["paint"], worker="a", at_most=9, but_not=[job.id], at=clock()) == []
    assert await jobs.extend_leases(tx, [job.id], worker="a", at=clock()) == {job.id}
    assert await claim(tx, clock, worker="b") == []


async def test_leases_are_extended_and_jobs_finished_at_once_without_a_deadlock(
    pools: list[Database], tx: Tx, clock: FakeClock
) -> None:
    for _ in range(10):
        await promise(tx, clock, 100)
        ids = [job.id for job in await claim(tx, clock, at_most=100)]

        async def extend(pool: Database, order: list[int]) -> None:
            async with pool.transaction() as own:
                await jobs.extend_leases(own, order, worker="a", at=clock())

        async def finish(pool: Database, order: list[int]) -> None:
            async with pool.transaction() as own:
                await jobs.finish(own, order, worker="a")

        await asyncio.gather(
            extend(pools[0], ids),
            extend(pools[1], ids[::-1]),
            finish(pools[2], ids[::-1]),
            extend(pools[3], ids),
        )
        assert await numbers(tx) == []


async def test_only_a_death_counts_as_an_attempt_not_an_interruption(tx: Tx, clock: FakeClock) -> None:
    await promise(tx, clock)
    [job] = await claim(tx, clock)
    assert await jobs.interrupted(tx, [job.id], worker="a") == 1
    [job] = await claim(tx, clock)
    assert job.attempts == 1
    assert await jobs.working(tx) == ["a"]
    assert await jobs.release(tx, ["a", "x"]) == 1
    [job] = await claim(tx, clock)
    assert job.attempts == 2


async def test_dead_jobs_are_seen_and_retried_or_removed(tx: Tx, clock: FakeClock) -> None:
    await promise(tx, clock, 3)
    for job in await claim(tx, clock):
        await jobs.bury(tx, job, worker="a", error="no paint")
    dead = await jobs.list_jobs(tx, state="dead", at_most=10)
    assert [(job.payload["n"], job.last_error, job.attempts) for job in dead] == [
        (n, "no paint", 1) for n in (2, 1, 0)
    ]
    assert await jobs.count_jobs(tx) == {("paint", "dead"): 3}
    assert await claim(tx, clock) == []
    assert await jobs.remove_dead(tx, [dead[0].id]) == 1
    assert await jobs.retry_dead(tx, [dead[1].id], at=clock()) == 1
    assert [job.attempts for job in await claim(tx, clock)] == [1]
    assert await jobs.retry_dead(tx, None, at=clock()) == 1
    assert await jobs.remove_dead(tx, None) == 0


async def test_of_all_processes_one_finds_a_duty_due_in_each_interval(
    pools: list[Database], tx: Tx, clock: FakeClock
) -> None:
    async def ask(pool: Database) -> bool:
        async with pool.transaction() as own:
            return await jobs.due_now(own, "sweep", every=timedelta(minutes=1), at=clock())

    for minutes, times in ((0, 1), (0.5, 0), (0.5, 1), (3, 1)):
        clock.advance(minutes=minutes)
        assert sum(await asyncio.gather(*(ask(pool) for pool in pools * 4))) == times


async def test_a_payload_value_that_must_be_text_is(clock: FakeClock) -> None:
    job = Job(1, "paint", {"colour": "red", "n": 1}, 1)
    assert job.text("colour") == "red"
    with pytest.raises(AssertionError):
        job.text("n")
