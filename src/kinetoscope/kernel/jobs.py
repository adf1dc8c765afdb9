"""Work to do later: rows, promised in the transaction that makes the work necessary.

At least once: a worker that dies leaves its jobs to others, so handlers are idempotent. The table is also
the outbox between domains: a fact is a job row that those who care have a handler for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from .db import Record, Tx

CHANNEL = "kinetoscope_jobs"
"""Where PostgreSQL notifies workers that there is something to do."""

LEASE = timedelta(seconds=30)
"""A running job whose worker has not been heard of for this long is given to another."""

Payload = Mapping[str, str | int | float | bool | None]
State = Literal["waiting", "running", "dead"]


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work; `attempts` counts the present one."""

    id: int
    kind: str
    payload: Payload
    attempts: int

    def text(self, name: str) -> str:
        """Return a payload value that must be there and be text."""
        value = self.payload[name]
        assert isinstance(value, str), f"{name} of job {self.kind} is {type(value).__name__}"
        return value


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A job as an operator sees it."""

    id: int
    kind: str
    payload: Payload
    state: State
    attempts: int
    run_at: datetime
    created_at: datetime
    worker: str | None
    last_error: str | None


async def enqueue(tx: Tx, kind: str, payload: Payload, *, at: datetime) -> None:
    """Promise a job, to be run from `at` on. It exists if and only if the transaction commits."""
    await enqueue_many(tx, kind, [payload], at=at)


async def enqueue_many(tx: Tx, kind: str, payloads: Sequence[Payload], *, at: datetime) -> None:
    """Promise one job for each payload, with one statement and one wake-up."""
    await tx.execute(
        """
        WITH promised AS (
            INSERT INTO jobs (kind, payload, run_at, created_at)
            SELECT $1, payload, $3, $3 FROM unnest($2::jsonb[]) AS payload
            RETURNING id
        )
        SELECT pg_notify('kinetoscope_jobs', '') WHERE EXISTS (SELECT FROM promised)
        """,
        kind,
        list(payloads),
        at,
    )


async def claim(
    tx: Tx, kinds: Sequence[str], *, worker: str, at_most: int, but_not: Sequence[int] = (), at: datetime
) -> list[Job]:
    """Take up to `at_most` due jobs of these kinds, those of dead workers included; oldest first.

    The claim is not waited for on its way to the disk: a crash of the server that forgets it leaves the job
    waiting, as if this worker had died. `but_not` are those the worker is doing already: while the database
    was away their leases may have ended, and it must not begin them a second time.
    """
    rows = await tx.fetch(
        """
        WITH not_flushed AS MATERIALIZED (
            SELECT set_config('synchronous_commit', 'off', true) AS mode
        ), waiting AS (
            SELECT id, run_at FROM jobs
             WHERE state = 'waiting' AND kind = ANY($1) AND run_at <= $3
               AND (SELECT mode FROM not_flushed) = 'off'
             ORDER BY run_at, id LIMIT $4 FOR UPDATE SKIP LOCKED
        ), abandoned AS (
            SELECT id, run_at FROM jobs
             WHERE state = 'running' AND kind = ANY($1) AND leased_until < $3 AND id <> ALL($6)
             ORDER BY leased_until LIMIT $4 FOR UPDATE SKIP LOCKED
        ), due AS (
            SELECT id, run_at FROM waiting UNION ALL SELECT id, run_at FROM abandoned
        )
        UPDATE jobs j
           SET state = 'running', worker = $2, leased_until = $3::timestamptz + $5::interval,
               attempts = attempts + 1
          FROM (SELECT id FROM due ORDER BY run_at, id LIMIT $4) AS chosen
         WHERE j.id = chosen.id
        RETURNING j.id, j.kind, j.payload, j.attempts
        """,
        list(kinds),
        worker,
        at,
        at_most,
        LEASE,
        list(but_not),
    )
    return sorted((Job(**dict(row)) for row in rows), key=lambda job: job.id)


async def extend_leases(tx: Tx, ids: Sequence[int], *, worker: str, at: datetime) -> set[int]:
    """Say that this worker still works on these jobs; return those that are still its own."""
    rows = await tx.fetch(
        """
        WITH own AS (
            SELECT id FROM jobs
             WHERE id = ANY($1) AND state = 'running' AND worker = $2
             ORDER BY id FOR UPDATE  -- in order, or `finish` and this could wait for each other
        )
        UPDATE jobs j SET leased_until = $3::timestamptz + $4::interval
          FROM own WHERE j.id = own.id
        RETURNING j.id
        """,
        list(ids),
        worker,
        at,
        LEASE,
    )
    return {row["id"] for row in rows}


async def finish(tx: Tx, ids: Sequence[int], *, worker: str) -> int:
    """Remove jobs that are done; return how many were still this worker's."""
    return await tx.execute(
        """
        WITH own AS (
            SELECT id FROM jobs
             WHERE id = ANY($1) AND state = 'running' AND worker = $2
             ORDER BY id FOR UPDATE
        )
        DELETE FROM jobs j USING own WHERE j.id = own.id
        """,
        list(ids),
        worker,
    )


async def put_back(tx: Tx, job: Job, *, worker: str, error: str, at: datetime) -> None:
    """Let a job that failed be tried again from `at` on."""
    await tx.execute(
        """
        UPDATE jobs SET state = 'waiting', worker = NULL, leased_until = NULL, run_at = $4, last_error = $3
         WHERE id = $1 AND state = 'running' AND worker = $2
        """,
        job.id,
        worker,
        error,
        at,
    )


async def bury(tx: Tx, job: Job, *, worker: str, error: str) -> None:
    """Give a job up; it stays visible until somebody retries or removes it."""
    await tx.execute(
        """
        UPDATE jobs SET state = 'dead', leased_until = NULL, last_error = $3
         WHERE id = $1 AND state = 'running' AND worker = $2
        """,
        job.id,
        worker,
        error,
    )


async def release(tx: Tx, workers: Sequence[str]) -> int:
    """Give back what these workers were doing, since they are known to be gone; the attempt counts."""
    return await tx.execute(
        """
        WITH released AS (
            UPDATE jobs SET state = 'waiting', worker = NULL, leased_until = NULL
             WHERE state = 'running' AND worker = ANY($1)
            RETURNING id
        )
        SELECT pg_notify('kinetoscope_jobs', '') FROM released
        """,
        list(workers),
    )


async def interrupted(tx: Tx, ids: Sequence[int], *, worker: str) -> int:
    """Give back jobs that a worker had to leave because it was told to stop; no attempt is counted."""
    return await tx.execute(
        """
        WITH released AS (
            UPDATE jobs SET state = 'waiting', worker = NULL, leased_until = NULL, attempts = attempts - 1
             WHERE id = ANY($1) AND state = 'running' AND worker = $2
            RETURNING id
        )
        SELECT pg_notify('kinetoscope_jobs', '') FROM released
        """,
        list(ids),
        worker,
    )


async def working(tx: Tx) -> list[str]:
    """Return the names of all workers that hold a job."""
    rows = await tx.fetch("SELECT DISTINCT worker FROM jobs WHERE state = 'running' AND worker IS NOT NULL")
    return [row["worker"] for row in rows]


async def list_jobs(tx: Tx, *, state: State | None, at_most: int) -> list[JobRecord]:
    """Return jobs for an operator: newest first, all states or one."""
    rows = await tx.fetch(
        """
        SELECT id, kind, payload, state, attempts, run_at, created_at, worker, last_error
          FROM jobs
         WHERE $1::text IS NULL OR state = $1
         ORDER BY id DESC LIMIT $2
        """,
        state,
        at_most,
    )
    return [_job_record(row) for row in rows]


async def count_jobs(tx: Tx) -> dict[tuple[str, State], int]:
    """Return how many jobs there are of each kind and state."""
    rows = await tx.fetch("SELECT kind, state, count(*) AS jobs FROM jobs GROUP BY kind, state")
    return {(row["kind"], row["state"]): row["jobs"] for row in rows}


async def retry_dead(tx: Tx, ids: Sequence[int] | None, *, at: datetime) -> int:
    """Let dead jobs (these, or all) be tried anew; return how many."""
    return await tx.execute(
        """
        WITH revived AS (
            UPDATE jobs SET state = 'waiting', attempts = 0, run_at = $2, worker = NULL
             WHERE state = 'dead' AND ($1::bigint[] IS NULL OR id = ANY($1))
            RETURNING id
        )
        SELECT pg_notify('kinetoscope_jobs', '') FROM revived
        """,
        None if ids is None else list(ids),
        at,
    )


async def remove_dead(tx: Tx, ids: Sequence[int] | None) -> int:
    """Remove dead jobs (these, or all); return how many."""
    return await tx.execute(
        "DELETE FROM jobs WHERE state = 'dead' AND ($1::bigint[] IS NULL OR id = ANY($1))",
        None if ids is None else list(ids),
    )


async def has_promised(tx: Tx, kind: str) -> bool:
    """Whether any job of a kind waits or runs."""
    found: bool = await tx.fetch_value(
        "SELECT EXISTS (SELECT FROM jobs WHERE kind = $1 AND state <> 'dead')", kind
    )
    return found


async def due_now(tx: Tx, name: str, *, every: timedelta, at: datetime) -> bool:
    """Whether a regular duty is due; of all processes that ask, one gets True for each interval."""
    claimed = await tx.fetch_value(
        """
        INSERT INTO schedules AS s (name, last_run) VALUES ($1, $2)
            ON CONFLICT (name) DO UPDATE SET last_run = $2 WHERE s.last_run <= $2::timestamptz - $3::interval
        RETURNING true
        """,
        name,
        at,
        every,
    )
    return bool(claimed)


def _job_record(row: Record) -> JobRecord:
    return JobRecord(**dict(row))
